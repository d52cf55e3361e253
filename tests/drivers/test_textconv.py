"""textconv as Git runs it: in `git log -p`, `git show`, `git blame`, combined diffs."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.views import terms, textconv
from tests.made_state import branch, coin, coins, spend, txid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

UTXOS, LABELS = built_in("utxos"), built_in("labels")


def convert(path: Path, kind: str = "utxos", *options: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-E", "-P", "-m", "gitbtc", "textconv", "--kind", kind, *options, str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stderr == b""
    return done.stdout


def put(folder: Path, content: bytes) -> Path:
    path = folder / "state.json"
    path.write_bytes(content)
    return path


def line_of(path: Path, kind: str = "utxos") -> str:
    """The one line of a file, without the digits that stand for the whole record."""
    line = convert(path, kind).decode()
    assert re.fullmatch(r".*  #[0-9A-Za-z+/]{11}\n", line)
    return line[:-15]


def test_a_line_begins_with_money_and_name(tmp_path: Path) -> None:
    path = put(tmp_path, codec.encode_file(UTXOS, [coin(0, label="Zürich\u202e")]))
    assert line_of(path) == '1.00000000  "Zürich\\u202e"  f0f0f0f0:0'


def test_what_is_nested_or_long_has_no_room(tmp_path: Path) -> None:
    path = put(tmp_path, codec.encode_file(built_in("transactions"), [spend("a", coin(0), label="x" * 500)]))
    line = line_of(path, "transactions")
    assert line.startswith('"xxxxxxxxxxxxxxxxxxxx')
    assert f"…  fee 1,000 sat  1 input  1 output  {txid('a')[:8]}" in line
    assert len(line) == 105


@given(st.lists(st.text(max_size=60), min_size=2, max_size=2, unique=True), st.integers(0, 2_100_000_000_000_000))
def test_a_rename_is_two_lines_of_which_none_is_long(labels: list[str], amount: int) -> None:
    one, other = (
        b"".join(textconv.render(UTXOS, codec.encode_file(UTXOS, [coin(3, label=label, amount_sat=amount)])))
        for label in labels
    )
    assert one != other
    assert one.count(b"\n") == other.count(b"\n") == 1
    assert max(len(line.decode()) for line in (one, other)) <= 120
    assert one.startswith(terms.money(amount).encode())


def test_any_layout_of_the_same_records_is_the_same_text(tmp_path: Path) -> None:
    canonical = codec.encode_file(UTXOS, [coin(0), coin(1)])
    lines = canonical.split(b"\n")
    text = convert(put(tmp_path, canonical))
    assert text.count(b"\n") == 2
    swapped = lines[2] + b",\n" + lines[1].rstrip(b",")
    layouts = [b"[" + swapped + b"]", b"[\n" + swapped + b"\n]\n", canonical.replace(b"\n", b"\r\n")]
    for layout in layouts:
        assert convert(put(tmp_path, layout)) == text


@pytest.mark.parametrize("content", [b"", b"[]\n", b"{", b"\xff\xfe\n\0", b"[\n1\n]\n", b'[{"txid":1}]', b"\x1b[31m"])
def test_what_does_not_parse_is_printed_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert convert(put(tmp_path, content)) == (b"" if content == b"[]\n" else content)


def test_between_conflict_markers_records_stay_readable(tmp_path: Path) -> None:
    line = codec.encode_record(UTXOS, coin(0))
    text = convert(put(tmp_path, b"[\n<<<<<<< ours\n" + line + b",\n=======\n>>>>>>> theirs\n]\n"))
    plain = convert(put(tmp_path, codec.encode_file(UTXOS, [coin(0)])))
    assert text == b"[\n<<<<<<< ours\n" + plain + b"=======\n>>>>>>> theirs\n]\n"


def test_a_kind_that_is_gone_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    assert convert(put(tmp_path, b"[\n]\n"), "nonsense", "--schemas", str(tmp_path / "none")) == b"[\n]\n"


def test_an_object_file_has_a_line_a_member(tmp_path: Path) -> None:
    assert convert(put(tmp_path, b'{"name":"dca","dca_amount_sat":5}'), "strategy") == (
        b'dca_amount_sat 0.00000005 BTC\nname "dca"\n'
    )


def test_a_reader_that_stops_early_is_no_failure(tmp_path: Path) -> None:
    path = put(tmp_path, codec.encode_file(UTXOS, [coin(number) for number in range(3000)]))
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "textconv", "--kind", "utxos", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    path = put(tmp_path, codec.encode_file(UTXOS, [coin(0)]))
    code = (
        "import sys; from gitbtc.drivers.textconv import main;"
        f"status = main(['textconv', '--kind', 'utxos', {str(path)!r}]);"
        "print(status, *sorted(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-E", "-P", "-c", code], capture_output=True, check=True, text=True).stdout
    status, *modules = told.splitlines()[-1].split()
    assert status == "0"
    assert not {"click", "pygit2", "jsonschema", "subprocess", "hashlib"} & set(modules)


# -- through git -----------------------------------------------------------------------------------------------------


@pytest.mark.one_file
def test_log_show_and_blame_read_as_records(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0), coin(1))
    first = repo.commit("received")
    coins(repo, coin(0), coin(1, label="rent"))
    second = repo.commit("labelled")
    for command in (["log", "-p", "-1"], ["show"], ["format-patch", "--textconv", "--stdout", "-1"]):
        changed = [
            line for line in repo.git(*command).splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
        ]
        changed = [line for line in changed if line[1:3] == "2."]
        assert [line.partition("  #")[0] for line in changed] == [
            "-2.00000000  bcrt1qh77z…d7pdx0  f0f0f0f0:1", '+2.00000000  "rent"  f0f0f0f0:1'
        ]  # fmt: skip
        assert all(len(line) <= 120 for line in changed)
    blamed = repo.git("blame", "-s", "-l", "wallet/utxos.json").splitlines()
    assert [line.lstrip("^")[:39] for line in blamed] == [first[:39], second[:39]]
    assert '2.00000000  [-bcrt1qh77z…d7pdx0-]{+"rent"+}  f0f0f0f0:1' in repo.git("show", "--word-diff")


@pytest.mark.own_interpreters
def test_the_combined_diff_of_a_conflict_shows_the_contested_records(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0), coin(1))
    repo.commit("base")
    branch(repo, "theirs")
    coins(repo, coin(0), coin(1, label="b"))
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    coins(repo, coin(0), coin(1, label="a"))
    repo.commit("ours")
    repo.git("merge", "theirs", ok=(1,))
    shown = repo.git("diff").splitlines()
    assert [line[:27] for line in shown if "f0f0f0f0:1" in line] == [
        ' +2.00000000  "a"  f0f0f0f0', '+ 2.00000000  "b"  f0f0f0f0'
    ]  # fmt: skip
