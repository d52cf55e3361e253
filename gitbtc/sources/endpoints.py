"""Where a node is asked and by whom: its URL, and what its credentials are read from. No secret is kept."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gitbtc.errors import CannotWork, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv6Address

_DEFAULT_PORT = 8332
_SECURE = {"http": "https", "tcp": "ssl"}
_PATH = re.compile(r"[A-Za-z0-9/._~-]*")
_LONGEST_COOKIE = 1024  # bytes; bitcoind writes 75
_LONGEST_SECRET = 16 * 1024  # bytes; a macaroon has some hundred
_HEX = re.compile(r"[0-9a-fA-F]{32,}\Z")


@dataclass(frozen=True)
class Endpoint:
    """Where a program listens. `host` is without brackets."""

    secure: bool
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_url(url: str, *, insecure: bool = False, port: int = _DEFAULT_PORT, sent: str = "password") -> Endpoint:
    """The endpoint that the URL of a node names, at `port` where it names none; `sent` is what would be carried there.

    Raises UsageError for a URL with credentials, which would end up in files and lists of processes, and for one that
    sends them in clear over a network that others share, unless `insecure` says that this is meant.
    """
    schemes = {"http": (port, False), "https": (port, True)}
    endpoint, path = _read(url, schemes, "name a cookie or env:NAME instead")
    if path:
        raise UsageError(f"the url must be {_forms(schemes)}")
    _refuse_clear(url, endpoint, f"carry the {sent} in clear over", insecure=insecure)
    return endpoint


def read_server_url(
    url: str, schemes: Mapping[str, tuple[int, bool]], *, insecure: bool = False
) -> tuple[Endpoint, str]:
    """The endpoint that the URL of a server of the chain names, and the path that all its paths begin with. `schemes`
    maps each scheme to its port and whether it is encrypted.

    Raises UsageError as `read_url` does: what is asked of it tells every address of a wallet.
    """
    endpoint, path = _read(url, schemes, "name env:NAME instead (auth, --auth)")
    _refuse_clear(url, endpoint, "show every address of the wallet to", insecure=insecure)
    return endpoint, path


def _read(url: str, schemes: Mapping[str, tuple[int, bool]], instead: str) -> tuple[Endpoint, str]:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"the url is none; write {next(iter(schemes))}://HOST:PORT") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"the url holds a user or password; take them out, and {instead}")
    if parts.scheme not in schemes or not host or parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise UsageError(f"the url must be {_forms(schemes)}")
    usual, secure = schemes[parts.scheme]
    return Endpoint(secure, host, usual if port is None else port), parts.path.rstrip("/")


def _forms(schemes: Mapping[str, tuple[int, bool]]) -> str:
    return " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)


def _refuse_clear(url: str, endpoint: Endpoint, what: str, *, insecure: bool) -> None:
    if not (endpoint.secure or insecure or is_near(endpoint.host)):
        scheme = url.partition(":")[0]
        raise UsageError(
            f"{scheme}://{endpoint.host} would {what} the network; use {_SECURE[scheme]}, a tunnel, or say that it is "
            "meant (insecure = true, --insecure)"
        )


def is_near(host: str) -> bool:
    """The machine itself, a private network, or an onion service, which encrypts by itself."""
    if host == "localhost" or host.endswith((".localhost", ".onion")):
        return True
    from ipaddress import ip_address

    try:
        address: IPv4Address | IPv6Address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


class Credentials(Protocol):
    """What names user and password. Read anew before each connection: a node makes a new cookie at every start."""

    @property
    def origin(self) -> str:
        """Where they come from, for a message."""
        ...

    def read(self) -> bytes:
        """`user:password`. Raises CannotWork, without showing any of it."""
        ...


@dataclass(frozen=True)
class Cookie:
    """The file that bitcoind writes when it starts, and removes when it stops."""

    path: Path

    @property
    def origin(self) -> str:
        """The file."""
        return f"cookie {self.path}"

    def read(self) -> bytes:
        """The file's one line."""
        try:
            with self.path.open("rb") as file:
                content = file.read(_LONGEST_COOKIE + 1).strip()
        except OSError:
            content = b""
        if not content:
            raise CannotWork(f"no cookie at {self.path}; bitcoind writes it when it starts (another -datadir or "
                             "-rpccookiefile? no rights?)")  # fmt: skip
        if len(content) > _LONGEST_COOKIE or b":" not in content or b"\n" in content:
            raise CannotWork(f"{self.path} is not a cookie of bitcoind's: it holds one line, user:password")
        return content


@dataclass(frozen=True)
class FromEnvironment:
    """An environment variable that holds `user:password`."""

    name: str

    @property
    def origin(self) -> str:
        """The variable."""
        return f"environment variable {self.name}"

    def read(self) -> bytes:
        """The variable's value."""
        value = os.environ.get(self.name, "")
        if ":" not in value:
            state = "is not user:password" if value else "is not set"
            raise CannotWork(f"the environment variable {self.name} {state}")
        return os.fsencode(value)


def named_file(path: str) -> Path:
    """The file that a path names, from somebody's home folder or not. Raises UsageError."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UsageError(f"{path.partition('/')[0]} is nobody's home folder here") from None


def credentials(cookie: str | None, auth: str | None) -> Credentials:
    """The credentials that a cookie's path or `env:NAME` names. Raises UsageError for both, neither, or a password."""
    if (cookie is None) == (auth is None):
        raise UsageError("name one of a cookie's path (cookie, --cookie) and a variable (auth, --auth env:NAME)")
    if cookie is not None:
        return Cookie(named_file(cookie))
    kind, _, name = (auth or "").partition(":")
    if kind != "env" or not name.isidentifier():
        raise UsageError("auth must be env:NAME, the name of an environment variable that holds user:password")
    return FromEnvironment(name)


@dataclass(frozen=True)
class SecretText:
    """A secret that a file holds, or an environment variable; `what` is what it is called, a macaroon say."""

    what: str
    path: Path | None = None
    variable: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, for a message."""
        return f"{self.what} {self.path}" if self.path else f"{self.what} in the environment variable {self.variable}"

    def read(self) -> bytes:
        """The secret, without space around it. Raises CannotWork, without showing any of it."""
        if self.path is None:
            content = os.fsencode(os.environ.get(self.variable, "")).strip()
            if not content:
                raise CannotWork(f"the environment variable {self.variable} is not set")
            return content
        try:
            with self.path.open("rb") as file:
                content = file.read(_LONGEST_SECRET + 1)
        except OSError as error:
            raise CannotWork(f"no {self.what} can be read from {self.path}: {error.strerror}") from None
        if not content.strip() or len(content) > _LONGEST_SECRET:
            raise CannotWork(f"{self.path} holds no {self.what}")
        return content


def lacking(secret: Credentials | None, proof: Path | None = None, hint: str = "") -> str:
    """What is missing of a secret and of a file with a certificate, where they are wanted; "" for nothing. `hint` says
    where such a file is found.
    """
    try:
        if secret is not None:
            secret.read()
    except CannotWork as error:
        return str(error)
    return f"no certificate at {proof}{hint}" if proof is not None and not proof.is_file() else ""


def secret_text(what: str, named: str, outside: Callable[[Path, str], Path]) -> SecretText:
    """The secret that a file's path or `env:NAME` names; `outside` refuses a file in the work tree. Raises UsageError,
    for what seems to be the secret itself too.
    """
    kind, colon, name = named.partition(":")
    if kind == "env" and colon:
        if not name.isidentifier():
            raise UsageError(f"{what} must be a file's path or env:NAME, the name of an environment variable")
        return SecretText(what, variable=name)
    if "/" not in named or named.endswith("=") or _HEX.match(named):
        raise UsageError(f"{what} must be a file's path (with a /) or env:NAME; no secret belongs here")
    return SecretText(what, outside(named_file(named), what))


@dataclass(frozen=True)
class NodeAccess:
    """A node and one wallet of it; `wallet` None is the only one that is loaded. `name` is what messages call it."""

    name: str
    endpoint: Endpoint
    credentials: Credentials
    wallet: str | None = None


def certificate(path: str | None) -> Path | None:
    """The file of certificates that a path names, from the home folder or in full. Raises UsageError."""
    if path is None:
        return None
    file = named_file(path)
    if not file.is_absolute():
        raise UsageError("the certificate must be named by its whole path: /… or ~/…")
    return file
