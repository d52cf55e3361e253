"""The ways a push takes to a server: a path, OpenSSH and smart HTTP, each with the real programs at both ends."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import socketserver
import subprocess
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.conftest import Repo


class Transport(NamedTuple):
    """The address of a server, what the environment of a client lacks, and whether the server's processes are the
    client's own children.
    """

    url: str
    env: dict[str, str]
    is_child: bool = False


@contextmanager
def by_path(server: Repo, _: Path) -> Iterator[Transport]:
    """The transport of a path: the client starts `git receive-pack` itself."""
    yield Transport(f"file://{server.path}", {}, is_child=True)


# -- ssh ---------------------------------------------------------------------------------------------------------------

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_EMPTY = Path("/run/sshd")  # where root's sshd locks its own half without rights in


def _key(folder: Path, name: str) -> Path:
    made = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made], check=True)
    return made


class _Connection(socketserver.BaseRequestHandler):
    """What inetd does: an sshd for each connection."""

    config: ClassVar[Path]

    def handle(self) -> None:
        command = [str(_SSHD), "-i", "-f", str(self.config)]
        subprocess.run(command, stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False)


@contextmanager
def by_ssh(server: Repo, folder: Path) -> Iterator[Transport]:
    """An OpenSSH server on the loopback, with keys of its own in `folder`. Who logs in is who runs the tests, with the
    sandbox's environment and nothing of his own.
    """
    if os.getuid() == 0:
        _EMPTY.mkdir(mode=0o755, exist_ok=True)
    folder.mkdir()
    host, user = _key(folder, "host"), _key(folder, "user")
    kept = " ".join(f"{name}={shlex.quote(value)}" for name, value in server.env.items() if name in _SESSION)
    command = f'exec env -i {kept} sh -c "$SSH_ORIGINAL_COMMAND"'.replace('"', '\\"')
    authorized = folder / "authorized"
    authorized.write_text(f'restrict,command="{command}" {user.with_suffix(".pub").read_text()}')
    config = folder / "sshd_config"
    config.write_text(
        f"HostKey {host}\nAuthorizedKeysFile {authorized}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "PidFile none\nPermitRootLogin prohibit-password\n"
    )
    with _listening(
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("_", (_Connection,), {"config": config}))
    ) as port:
        (folder / "known").write_text(f"server {host.with_suffix('.pub').read_text()}")
        options = {
            "IdentityFile": user, "IdentitiesOnly": "yes", "UserKnownHostsFile": folder / "known", "Port": port,
            "HostName": "127.0.0.1", "HostKeyAlias": "server", "BatchMode": "yes", "LogLevel": "ERROR",
        }  # fmt: skip
        (folder / "ssh_config").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
        yield Transport(f"server:{server.path}", {"GIT_SSH_COMMAND": f"ssh -F {folder / 'ssh_config'}"})


_SESSION = frozenset(["PATH", "HOME", "LC_ALL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"])


@contextmanager
def _listening(server: socketserver.TCPServer) -> Iterator[int]:
    """The port at which `server` answers."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# -- http --------------------------------------------------------------------------------------------------------------


class _Backend(BaseHTTPRequestHandler):
    """What a web server does with `git http-backend`."""

    repo: ClassVar[Repo]

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        is_chunked = self.headers.get("Transfer-Encoding") == "chunked"
        self._serve(self._chunks() if is_chunked else self.rfile.read(int(self.headers["Content-Length"])))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = self.repo.env | {
            "GIT_PROJECT_ROOT": str(self.repo.path.parent), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "ann",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": f"{len(body)}",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(env, body)

    def _answer(self, env: dict[str, str], body: bytes) -> None:
        with subprocess.Popen(
            ["git", "http-backend"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as backend:
            assert backend.stdin
            assert isinstance(backend.stdout, io.BufferedReader)
            backend.stdin.write(body)
            backend.stdin.close()
            told = {}
            while line := backend.stdout.readline().strip().decode():
                name, _, value = line.partition(": ")
                told[name] = value
            self.send_response(int(told.pop("Status", "200").split()[0]))
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                while part := backend.stdout.read1():
                    self.wfile.write(part)
            finally:
                backend.stdout.close()  # or the backend would wait for whoever has gone

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def by_http(server: Repo, _: Path) -> Iterator[Transport]:
    """Smart HTTP: `git http-backend` behind a web server on the loopback."""
    handler = type("_", (_Backend,), {"repo": server})
    with _listening(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        yield Transport(f"http://127.0.0.1:{port}/{server.path.name}", {})


def is_here(name: str) -> bool:
    """Whether this machine has what the transport needs."""
    return name != "ssh" or (_SSHD is not None and all(map(shutil.which, ("ssh", "ssh-keygen"))))


TRANSPORTS: dict[str, Callable[[Repo, Path], AbstractContextManager[Transport]]] = {
    "path": by_path,
    "ssh": by_ssh,
    "http": by_http,
}
