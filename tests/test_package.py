"""The package: what its wheel holds, that an installation from it works by itself, and who in it starts programs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc import __version__
from gitbtc.cli import COMMANDS
from gitbtc.kinds.registry import BUILT_IN, SUFFIX
from gitbtc.repo.doctor import MINIMUM_GIT
from gitbtc.repo.program import GitProgram

if TYPE_CHECKING:
    from tests.conftest import Sandbox

TOP = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    return _build("wheel", TOP, folder)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it. Its dependencies are ours, so that no registry is needed."""
    place = tmp_path_factory.mktemp("environment with a space")
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index",
                    "--quiet", str(wheel)], check=True)  # fmt: skip
    site = next((place / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


def test_the_wheel_holds_all_that_is_not_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"gitbtc/schemas/{kind}{SUFFIX}" for kind in BUILT_IN.values()}
    for folder in ("gitbtc/demo/recordings", "gitbtc/keys/lists", "hooks"):
        files = [path.relative_to(TOP).as_posix() for path in (TOP / folder).rglob("*") if path.is_file()]
        assert files, folder
        wanted |= {name if name.startswith("gitbtc/") else "gitbtc/" + name for name in files}
    assert wanted | {"gitbtc/py.typed"} <= names
    folders = ("gitbtc", f"gitbtc-{__version__}.dist-info", f"gitbtc-{__version__}.data")
    assert not [name for name in names if name.split("/")[0] not in folders]


def test_each_command_has_a_manual_page_that_man_shows(installed: Path, tmp_path: Path) -> None:
    pages = {path.name: path.read_text("utf-8") for path in (installed.parent / "share/man/man1").iterdir()}
    assert {"gitbtc.1", "gitbtc-labels-export.1"} | {f"gitbtc-{name}.1" for name in COMMANDS} <= pages.keys()
    for name, page in pages.items():
        assert page.startswith(f".TH {name.removesuffix('.1').upper()} 1 ".replace("-", "\\-")), name
        assert "\b" not in page, name
    assert all(f"\\fBgitbtc\\-{name}\\fP(1)" in pages["gitbtc.1"] for name in COMMANDS)
    assert ".nf\nNAME is what" in pages["gitbtc-resolve.1"]
    if not shutil.which("man"):
        return
    env = {"PATH": os.environ["PATH"], "MANPATH": str(installed.parent / "share/man"), "LC_ALL": "C.UTF-8"}
    for name in ("gitbtc", "gitbtc-resolve"):
        shown = subprocess.run(["man", "-P", "cat", name], env=env, capture_output=True, text=True, check=True).stdout
        plain = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown)
        assert f"{name.upper()}(1)" in plain
        assert ("  'wallet/labels.json::*'       all" in plain) == (name == "gitbtc-resolve")


def test_the_installer_links_the_program_and_its_manual_pages(installed: Path, tmp_path: Path) -> None:
    """With an environment in which the package is already: nothing is fetched."""
    environment = tmp_path / ".local/share/gitbtc/venv"
    shutil.copytree(installed.parent, environment, symlinks=True)
    python = environment / "bin/python"
    python.unlink()
    python.write_text(
        f'#!/bin/sh\ncase "$1 $2" in "-m pip" | "-c import pip") ;; *) exec {sys.executable} "$@" ;; esac\n'
    )
    python.chmod(0o755)
    (environment / "bin/gitbtc").write_text("#!/bin/sh\necho gitbtc, version 0\n")
    pages = tmp_path / ".local/share/man/man1"
    pages.mkdir(parents=True)
    (pages / "gitbtc-mine.1").write_text("somebody's own")
    env = {"PATH": f"{tmp_path}/.local/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def installer(*arguments: str) -> str:
        return subprocess.run(
            [str(TOP / "install.sh"), *arguments], env=env, capture_output=True, text=True, check=True
        ).stdout

    for _ in range(2):
        assert "man gitbtc" in installer()
        links = {path.name for path in pages.iterdir() if path.is_symlink()}
        assert links == {path.name for path in (environment / "share/man/man1").iterdir()}
        assert (tmp_path / ".local/bin/gitbtc").is_symlink()
    if shutil.which("man"):
        assert subprocess.run(["man", "-w", "gitbtc-diff"], env=env, capture_output=True, text=True, check=True).stdout
    installer("--uninstall")
    assert [path.name for path in pages.iterdir()] == ["gitbtc-mine.1"]
    assert not environment.exists()


def test_the_source_distribution_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(_build("sdist", TOP, tmp_path)) as source:
        source.extractall(tmp_path)  # noqa: S202 - made here; a filter is not known to Python 3.11.2
    again = _build("wheel", next(path for path in tmp_path.iterdir() if path.is_dir()), tmp_path / "dist")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()


def test_an_installed_gitbtc_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "gitbtc"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, env=_bare_env(), capture_output=True, text=True, check=True)
    assert done.stdout == f"gitbtc, version {__version__}\n"


def test_an_installed_gitbtc_serves_a_repository(installed: Path, sandbox: Sandbox) -> None:
    """Its own files, not the checkout's: schemas, hooks, filter and merge driver."""
    place = sandbox.home / "treasury"
    env = {**sandbox.env, "PATH": os.environ["PATH"]}

    def run(*command: str) -> str:
        return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=True).stdout

    place.mkdir()
    run(str(installed / "gitbtc"), "init")
    registered = run("git", "config", "merge.gitbtc-labels.driver")
    assert str(installed.parent) in registered
    assert str(TOP) not in registered
    (place / "wallet").mkdir()
    (place / "wallet" / "labels.json").write_text("[ ]")
    run("git", "add", ".")
    run("git", "commit", "-q", "-m", "first")
    assert run("git", "show", "HEAD:wallet/labels.json") == "[]\n"
    run(str(installed / "gitbtc"), "doctor")


def test_each_dependency_says_why_it_is_there() -> None:
    text = (TOP / "pyproject.toml").read_text("utf-8")
    lines = text.splitlines()
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        place = next(number for number, line in enumerate(lines) if f'"{dependency}"' in line)
        assert lines[place - 1].strip().startswith("# ")


def test_the_installer_wants_the_git_that_the_doctor_wants() -> None:
    assert f"oldest_git={MINIMUM_GIT[0]}.{MINIMUM_GIT[1]}\n" in (TOP / "install.sh").read_text("utf-8")


def test_the_installer_wants_the_python_that_the_package_wants() -> None:
    wanted = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert f"oldest_python={wanted.removeprefix('>=')}\n" in (TOP / "install.sh").read_text("utf-8")


@pytest.mark.parametrize("arguments", [[], ["demo"], ["test"]])
@pytest.mark.parametrize("system", ["MINGW64_NT-10.0-22631", "MSYS_NT-10.0", "CYGWIN_NT-10.0"])
def test_the_installer_refuses_windows_in_one_line(tmp_path: Path, system: str, arguments: list[str]) -> None:
    uname = tmp_path / "uname"
    uname.write_text(f"#!/bin/sh\necho {system}\n", "utf-8")
    uname.chmod(0o755)
    home = tmp_path / "home"
    result = subprocess.run(
        [str(TOP / "install.sh"), *arguments],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 3
    assert result.stderr.splitlines() == ["install.sh: gitbtc does not run on Windows; in WSL it does, as on Linux"]
    assert not home.exists()


def test_git_is_started_behind_typed_calls_only() -> None:
    """`gitbtc/repo` alone runs git, but for the demo, whose story is one of real commands."""
    starting = {
        "cli/paging.py": "the user's pager",
        "drivers/diff.py": "the user's diff tool",
        "demo/terminal.py": "what the story types",
    }
    found = set()
    for path in sorted((TOP / "gitbtc").rglob("*.py")):
        name = path.relative_to(TOP / "gitbtc").as_posix()
        if name.startswith("repo/"):
            continue
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
        assert name.startswith("demo/") or not any(map(_is_git_command, nodes)), f"{name}: a command line of git"
        assert not any(map(_is_raw_call, nodes)), f"{name}: give gitbtc/repo a typed method for what this asks of git"
        found |= {name} if any(map(_starts_a_program, nodes)) else set()
    assert found == starting.keys()


_STARTERS = re.compile(r"system|popen|posix_spawnp?|(exec|spawn)[lv]p?e?|create_subprocess_(exec|shell)")
_KEPT = {name for name, value in vars(GitProgram).items() if re.match("_[a-z]", name) and callable(value)}


def _starts_a_program(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name == "subprocess" for alias in names)
        case ast.ImportFrom(module="subprocess"):
            return True
        case ast.Attribute(attr=name):
            return _STARTERS.fullmatch(name) is not None
    return False


def _is_git_command(node: ast.AST) -> bool:
    """A list, a tuple or a call whose first item is the program's name."""
    match node:
        case (
            ast.List(elts=[ast.Constant(value="git"), *_])
            | ast.Tuple(elts=[ast.Constant(value="git"), *_])
            | ast.Call(args=[ast.Constant(value="git"), *_])
        ):
            return True
    return False


def _is_raw_call(node: ast.AST) -> bool:
    """What the class `GitProgram` keeps to its room, asked of anything but an object's own self."""
    match node:
        case ast.Attribute(value=ast.Name(id="self")):
            return False
        case ast.Attribute(attr=name):
            return name in _KEPT
    return False


def _build(target: str, source: Path, folder: Path) -> Path:
    """The distribution that hatchling makes of `source`; nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, capture_output=True, check=True)
    return next(path for path in folder.iterdir() if path.is_file())


def _bare_env() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
