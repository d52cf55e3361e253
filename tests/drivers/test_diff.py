"""The diff driver as Git runs it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.made_state import WITHOUT_GITBTC, branch, change_of, coin, coins, mined, spend, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

UTXOS = built_in("utxos")
RECEIVED = "+2.00000000  bcrt1qh77z…d7pdx0  f0f0f0f0:1  block 100"


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """One coin, committed."""
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0))
    repo.unexamined("base")
    return repo


def headlines(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if line[:1] not in "+−~"]


@pytest.mark.own_interpreters
@pytest.mark.one_file
def test_the_work_tree_the_index_and_revisions_read_as_coins(repo: Repo) -> None:
    coins(repo, coin(0), coin(1))
    expected = f"wallet/utxos.json: 1 coin received; balance +2.00000000 BTC\n{RECEIVED}\n"
    assert repo.git("diff") == expected
    repo.git("add", "-A")
    assert repo.git("diff") == ""
    assert repo.git("diff", "--cached") == expected
    repo.commit("received")
    assert repo.git("diff", "HEAD~1", "HEAD") == expected
    assert repo.git("diff", "-R", "HEAD~1", "HEAD").splitlines()[1].startswith("−2.00000000  ")


def test_a_spent_coin_names_the_transaction_of_the_work_tree(repo: Repo) -> None:
    coins(repo)
    transactions(repo, spend("dca", coin(0)))
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "spent")
    shown = repo.git("diff", "HEAD~1", "HEAD", "--", "wallet/utxos.json")
    assert f"  fee 1,000 sat (5.0 sat/vB)  {txid('dca')[:8]}\n" in shown


@pytest.mark.one_file
def test_files_that_come_go_move_or_change_mode(repo: Repo) -> None:
    (repo.path / "wallet/utxos.json").chmod(0o755)
    assert headlines(repo.git("diff")) == ["wallet/utxos.json: mode 100644 → 100755; no record changed"]
    repo.git("checkout", "-q", ".")
    repo.write("cold/wallet/utxos.json", repo.read("wallet/utxos.json"))
    (repo.path / "wallet/utxos.json").unlink()
    repo.git("add", "-A")
    assert headlines(repo.git("diff", "--cached", "--no-renames")) == [
        "cold/wallet/utxos.json: new file; 1 coin received; balance +1.00000000 BTC",
        "wallet/utxos.json: deleted file; 1 coin spent; balance −1.00000000 BTC",
    ]
    assert repo.git("diff", "--cached", "-M") == (
        "cold/wallet/utxos.json: renamed from wallet/utxos.json; no record changed\n"
    )


@pytest.mark.one_file
def test_a_file_that_does_not_parse_is_shown_as_text(repo: Repo) -> None:
    repo.write("wallet/utxos.json", "[\n{\n]\n")
    shown = repo.git("diff")
    assert shown.startswith("wallet/utxos.json: line ")
    assert "; shown as text\ndiff --git " in shown
    assert "\n+{\n" in shown


@pytest.mark.one_file
def test_another_layout_of_a_committed_file_is_named(repo: Repo) -> None:
    spread = repo.read("wallet/utxos.json").replace(b",", b", ")
    oid = repo.git("hash-object", "-w", "--no-filters", "--stdin", stdin=spread).strip()
    repo.git("update-index", "--cacheinfo", f"100644,{oid},wallet/utxos.json")
    assert repo.git("diff", "--cached") == "wallet/utxos.json: no record changed\n"


@pytest.mark.one_file
def test_an_unmerged_path_points_at_the_conflicts(repo: Repo) -> None:
    branch(repo, "theirs")
    coins(repo, coin(0, label="b"))
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    coins(repo, coin(0, label="a"))
    repo.commit("ours")
    repo.git("merge", "theirs", ok=(1,))
    assert repo.git("diff", "--cached").startswith("* Unmerged path wallet/utxos.json; `gitbtc conflicts`")
    assert "a conflict marker is left" in repo.git("diff", "HEAD")


@pytest.mark.one_file
def test_the_other_forms_of_git_diff_still_work(repo: Repo) -> None:
    coins(repo, coin(0), coin(1))
    assert "1 file changed, 2 insertions(+), 1 deletion(-)" in repo.git("diff", "--stat")
    assert repo.git("diff", "--name-status") == "M\twallet/utxos.json\n"
    assert "  f0f0f0f0:1" in repo.git("diff", "--no-ext-diff")
    repo.git("diff", "--exit-code", ok=(1,))
    repo.git("diff", "--quiet", ok=(1,))


@pytest.mark.one_file
def test_the_tool_of_git_difftool_gets_the_files(repo: Repo) -> None:
    coins(repo, coin(0), coin(1))
    shown = repo.git("difftool", "-y", "-x", "diff --brief")
    assert shown.startswith("Files ")
    assert shown.endswith("wallet/utxos.json differ\n")


@pytest.mark.one_file
def test_an_external_diff_gets_the_arguments_that_git_gave(repo: Repo) -> None:
    coins(repo, coin(0), coin(1))
    shown = repo.run("git", "diff", env={"GIT_EXTERNAL_DIFF": "printf '%s|' tool"}).stdout
    tool, path, *rest = shown.split("|")
    assert (tool, path, len(rest)) == ("tool", "wallet/utxos.json", 7)
    assert repo.run("git", "diff", env={"GIT_EXTERNAL_DIFF": "false"}).returncode == 0


@pytest.mark.parametrize(
    ("settings", "environment", "coloured"),
    [
        ([], {}, False),
        (["color.ui=always"], {}, True),
        (["color.diff=always"], {}, True),
        (["color.ui=always", "color.diff=false"], {}, False),
        (["color.ui=always"], {"NO_COLOR": "1"}, False),
        ([], {"GIT_PAGER_IN_USE": "true", "TERM": "xterm"}, True),
        (["color.ui=false"], {"GIT_PAGER_IN_USE": "true", "TERM": "xterm"}, False),
    ],
)
def test_colours_follow_the_settings(
    repo: Repo, settings: list[str], environment: dict[str, str], coloured: bool
) -> None:
    coins(repo, coin(0), coin(1))
    options = [part for setting in settings for part in ("-c", setting)]
    assert ("\x1b[32m+" in repo.run("git", *options, "diff", env=environment).stdout) == coloured


@pytest.mark.own_interpreters
def test_a_terminal_is_coloured(repo: Repo) -> None:
    coins(repo, coin(0), coin(1))
    ours, theirs = pty.openpty()
    environment = {**repo.env, "TERM": "xterm", "GIT_PAGER": "cat"}
    subprocess.run(["git", "diff"], cwd=repo.path, env=environment, stdout=theirs, check=True)
    os.close(theirs)
    assert b"\x1b[32m+" in os.read(ours, 65536)
    os.close(ours)


@pytest.mark.one_file
def test_a_subfolder_and_a_path_with_signs_in_it(sandbox: Sandbox) -> None:
    repo = sandbox.repo('it\'s a "treasury"')
    repo.gitbtc("init")
    repo.write("a b'c/wallet/utxos.json", "[]\n")
    repo.commit("base")
    repo.write("a b'c/wallet/utxos.json", codec.encode_file(UTXOS, [coin(0)]))
    shown = repo.run("git", "diff", cwd=repo.path / "a b'c").stdout
    assert headlines(shown) == ["a b'c/wallet/utxos.json: 1 coin received; balance +1.00000000 BTC"]


def test_an_added_kind_is_shown_as_records(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    schema = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"
    repo.write(".gitbtc/schemas/vtxos.schema.json", schema.read_bytes())
    repo.gitbtc("init")
    repo.write("ark/vtxos.json", "[]\n")
    repo.commit("base")
    record = b'{"amount_sat":5,"state":"settled","txid":"%s","vout":1}' % (b"ab" * 32)
    repo.write("ark/vtxos.json", b"[\n" + record + b"\n]\n")
    assert repo.git("diff").splitlines() == [
        "ark/vtxos.json: 1 virtual output added", "+ abababab:1  0.00000005 BTC  settled"
    ]  # fmt: skip


def a_month(number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Transactions of one month: 16 receipts of four customers, and payments with change up to `number`; the coins
    before and after it.
    """
    start, held = 1_772_323_200, [coin(vout, "ee" * 32, label=f"savings {vout}") for vout in range(number - 16)]
    made, left = [], []
    for day in range(16):
        paid = spend(f"{day:02}", coin(0, f"{day + 1:02x}" * 32, amount_sat=5_000_000), label=None)
        made.append(mined(paid, 942_000 + day) | {"block_time": start + 86_400 * day, "fee_sat": None})
        left.append(change_of(made[-1], label=f"customer {day % 4}, subscription"))
    for day, spent in enumerate(held):
        paid = spend(f"p{day}", spent, label=f"Payroll {day + 1:02}/03", fee=1314, weight=434)
        paid["outputs"] = [
            {**paid["outputs"][0], "amount_sat": spent["amount_sat"] // 3},
            {**paid["outputs"][0], "vout": 1},
        ]
        made.append(mined(paid, 942_100 + day) | {"block_time": start + 86_400 * day + 9})
        left.append(coin(1, paid["txid"], amount_sat=spent["amount_sat"] - spent["amount_sat"] // 3 - 1314))
    return made, held, left


@pytest.mark.one_file
def test_a_month_of_25_transactions_fits_a_small_terminal(sandbox: Sandbox) -> None:
    made, held, left = a_month(25)
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, *held)
    transactions(repo)
    repo.write("network/chain.json", json.dumps(tip(941_990)))
    repo.commit("February")
    coins(repo, *left)
    transactions(repo, *made)
    repo.write("network/chain.json", json.dumps(tip(942_742)))
    told = repo.run(
        "git", "diff", env={"GIT_PAGER_IN_USE": "true", "COLUMNS": "80", "NO_COLOR": "1"}
    ).stdout.splitlines()
    assert len(told) <= 25
    assert max(map(len, told)) <= 80
    assert sum("Payroll" in line and "fee 1,314 sat" in line and "change" in line for line in told) == 9
    assert sum("subscription" in line and "4 receipts" in line for line in told) == 4


def tip(height: int) -> dict[str, Any]:
    digits = f"{height}".ljust(64, "0")
    return {"network": "regtest", "block_height": height, "block_hash": digits, "block_time": 1_772_323_200}


def test_the_driver_never_fails(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).write_bytes(codec.encode_file(UTXOS, [coin(0, label=name)]))
    files = ["wallet/utxos.json", "old", "0" * 40, "100644", "new", "0" * 40, "100644"]
    for options in (["--kind", "nonsense"], ["--kind", "utxos", "--schemas", str(tmp_path / "old")], []):
        done = subprocess.run(
            [sys.executable, "-E", "-P", "-m", "gitbtc", "diff-driver", *options, *files],
            cwd=tmp_path, capture_output=True, check=True,
        )  # fmt: skip
        assert b'"label":"new"' in done.stdout or b'label "old"' in done.stdout
        assert done.stderr == b""


def test_a_pager_that_is_closed_early_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(codec.encode_file(UTXOS, [coin(number) for number in range(3000)]))
    files = ["wallet/utxos.json", "/dev/null", ".", ".", "new", "0" * 40, "100644"]
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "diff-driver", "--kind", "utxos", *files]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_it_imports_neither_click_nor_pygit2_nor_jsonschema(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(codec.encode_file(UTXOS, [coin(0)]))
    code = (
        "import sys; from gitbtc.drivers.diff import main;"
        "call = ['wallet/utxos.json', '/dev/null', '.', '.', 'new', '0', '100644'];"
        "status = main(['diff-driver', '--kind', 'utxos', *call]);"
        "print(status, *sorted(sys.modules))"
    )
    environment = {**os.environ, "NO_COLOR": "1"}
    environment.pop("GIT_EXTERNAL_DIFF", None)
    told = subprocess.run([sys.executable, "-E", "-P", "-c", code], cwd=tmp_path, capture_output=True, check=True,
                          text=True, env=environment).stdout  # fmt: skip
    status, *modules = told.splitlines()[-1].split()
    assert status == "0"
    assert not {"click", "pygit2", "jsonschema", "subprocess", "hashlib"} & set(modules)
