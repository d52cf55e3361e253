"""`gitbtc export`: the same bytes again, a longer one begins with a shorter one, and what reads it agrees."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Repo
from tests.exporting.programs import BEANCOUNT, HLEDGER, LEDGER, accepts
from tests.made_state import coin, coins, put
from tests.statement.months import APR, FEB, MAR, three_months, tip

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.one_interpreter

FORMATS = ("csv", "hledger", "beancount", "koinly", "cointracker", "rotki")
CHECKED = [("hledger", HLEDGER), ("hledger", LEDGER), ("beancount", BEANCOUNT)]


@pytest.fixture
def kept(treasury: Repo) -> Repo:
    three_months(treasury)
    return treasury


def exported(repo: Repo, form: str, *arguments: str) -> str:
    return repo.gitbtc("export", "--format", form, *arguments).stdout


# -- bytes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_a_longer_export_begins_with_a_shorter_one(kept: Repo, form: str) -> None:
    shorter = [exported(kept, form, end) for end in ("HEAD~2", "HEAD~1", "HEAD")]
    labelled = shorter[1:]  # the labels of these two are the same
    assert labelled[1].startswith(labelled[0])
    assert len(labelled[1]) > len(labelled[0]) > 100
    assert exported(kept, form) == shorter[2]
    kept.git("checkout", "-q", "HEAD~1")
    assert exported(kept, form) == shorter[1]


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_begins_later_goes_on_from_there(kept: Repo, form: str) -> None:
    later = exported(kept, form, "2026-04")
    assert "0.00009000" in later or ",9000,0,16000," in later
    assert "0.00005000" not in later
    assert ",5000," not in later


def test_a_file_is_written_whole_or_not_at_all(kept: Repo) -> None:
    kept.gitbtc("export", "-o", "books.csv")
    assert kept.read("books.csv").decode() == exported(kept, "csv")
    coins(kept, *json.loads(kept.read("wallet/utxos.json")), coin(7, amount_sat=11))
    kept.git("add", "wallet")
    kept.git("commit", "-q", "-m", "Add a coin by hand")
    refused = kept.gitbtc("export", "-o", "more.csv", ok=(1,))
    assert "11 sat came or went without one" in refused.stderr
    assert not (kept.path / "more.csv").exists()


def test_a_shallow_clone_is_refused(kept: Repo) -> None:
    kept.git("clone", "-q", "--depth", "2", f"file://{kept.path}", "../cut")
    cut = Repo(kept.path.parent / "cut", kept.env, kept.clock, kept.python)
    assert "git fetch --unshallow" in cut.gitbtc("export", ok=(3,)).stderr
    assert "git fetch --unshallow" in cut.gitbtc("statement").stdout
    cut.git("fetch", "-q", "--unshallow")
    assert cut.gitbtc("export").stdout == kept.gitbtc("export").stdout


# -- tables ------------------------------------------------------------------------------------------------------------


def test_each_row_of_the_table_adds_up(kept: Repo) -> None:
    text = exported(kept, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    balance = 0
    for row in rows:
        balance += int(row["amount_sat"]) + int(row["fee_sat"])
        assert int(row["balance_sat"]) == balance
    assert [(row["type"], row["amount_sat"], row["fee_sat"]) for row in rows] == [
        ("received", "5000", "0"), ("received", "7000", "0"), ("sent", "-4800", "-200"), ("received", "9000", "0"),
    ]  # fmt: skip
    assert [row["label"] for row in rows if row["type"] == "sent"] == ['\'=cmd|"/c calc"!A0']
    assert {row["label"] for row in rows if row["type"] == "received"} == {"ACME <svg onload=x>"}
    heads = kept.git("rev-list", "--reverse", "HEAD").split()
    assert [row["commit"] for row in rows] == [heads[1], heads[2], heads[2], heads[3]]
    assert rows[0]["time_utc"] == "2026-02-02T02:40:00Z"
    assert "\r" not in text


def test_koinly_cointracker_and_rotki_have_money_in_their_columns(kept: Repo) -> None:
    [_, _, paid, _] = csv.DictReader(io.StringIO(exported(kept, "koinly")))
    assert (paid["Date"], paid["Sent Amount"], paid["Sent Currency"], paid["Fee Amount"]) == (
        "2026-03-08 22:30:00 UTC", "0.00004800", "BTC", "0.00000200",
    )  # fmt: skip
    assert paid["Description"].startswith("'=cmd")
    events = list(csv.DictReader(io.StringIO(exported(kept, "rotki"))))
    assert (events[0]["Type"], events[0]["Amount"], events[0]["Fee"]) == ("Income", "0.00005000", "")
    assert ("Spend", "0.00004800", "0.00000200", "BTC") in [
        (one["Type"], one["Amount"], one["Fee"], one["Fee Currency"]) for one in events
    ]
    assert {one["Location"] for one in events} == {"external"}
    assert len(events[0]["Timestamp"]) == len("1769999000000")
    [first, *_] = csv.DictReader(io.StringIO(exported(kept, "cointracker")))
    assert (first["Date"], first["Received Quantity"], first["Sent Quantity"]) == (
        "02/02/2026 02:40:00", "0.00005000", "",
    )  # fmt: skip


# -- journals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "program"), CHECKED)
@pytest.mark.parametrize("period", ["HEAD", "HEAD~1..HEAD", "2026-03", "2026-02..2026-03"])
def test_the_program_itself_accepts_the_journal(
    kept: Repo, tmp_path: Path, form: str, program: str, period: str
) -> None:
    assert accepts(program, exported(kept, form, period), tmp_path) == ""


@pytest.mark.parametrize(("form", "program"), CHECKED)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_program_sees_one_satoshi(kept: Repo, tmp_path: Path, form: str, program: str, place: int) -> None:
    """Both sides of a transaction are moved by one, so that it still balances: only what is asserted tells."""
    lines = exported(kept, form).splitlines(keepends=True)
    begin = [at for at, line in enumerate(lines) if re.match(" +(; )?txid", line)][place]
    postings = [at for at, line in enumerate(lines) if at > begin and re.match(" +[aAeEiI].* BTC", line)][:2]
    wrong = list(lines)
    for at, sat in zip(postings, (1, -1), strict=True):
        wrong[at] = re.sub(r"(-?)0\.([0-9]{8}) BTC", partial(plus, sat), lines[at], count=1)
    assert accepts(program, "".join(lines), tmp_path) == ""
    refusal = accepts(program, "".join(wrong), tmp_path)
    assert "alance" in refusal
    assert "does not balance" not in refusal


def plus(sat: int, found: re.Match[str]) -> str:
    amount = int(f"{found[1]}{found[2]}") + sat
    return f"{'-' if amount < 0 else ''}0.{abs(amount):08d} BTC"


@pytest.mark.parametrize(("form", "program"), CHECKED)
def test_the_program_sees_a_transaction_that_does_not_balance(
    kept: Repo, tmp_path: Path, form: str, program: str
) -> None:
    wrong = exported(kept, form).replace("0.00000200 BTC", "0.00000201 BTC")
    assert accepts(program, wrong, tmp_path) != ""


def test_beancount_says_of_which_day_it_asserts_nothing(kept: Repo) -> None:
    told = kept.gitbtc("export", "--format", "beancount", "2026-02..2026-03")
    assert "the last day is not over" in told.stderr
    assert [line for line in told.stdout.splitlines() if " balance " in line] == [
        "2026-02-03 balance Assets:Bitcoin:Treasury  0.00005000 ~ 0 BTC"
    ]
    put(kept, "network/chain.json", {})
    tip = {"network": "regtest", "block_height": 400, "block_hash": "ee" * 32, "block_time": 1_777_000_000}
    kept.write("network/chain.json", json.dumps(tip))
    kept.commit("Eleven days later")
    told = kept.gitbtc("export", "--format", "beancount")
    assert told.stderr == ""
    assert told.stdout.endswith("2026-04-13 balance Assets:Bitcoin:Treasury  0.00016000 ~ 0 BTC\n")


def test_accounts_are_named_in_a_table(kept: Repo, tmp_path: Path) -> None:
    kept.write(
        ".gitbtc/accounts.toml",
        '"ACME <svg onload=x>" = "income:consulting"\n[category]\nexpense = "expenses:büro"\n'
        '[root]\n"." = "assets:cold store"\n[own]\nfees = "expenses:fees"\n',
    )
    kept.commit("Name the accounts")
    journal = exported(kept, "hledger")
    assert {line.split(None, 1)[1] for line in journal.splitlines() if line.startswith("account ")} == {
        "assets:cold store", "income:consulting", "expenses:büro", "expenses:fees",
    }  # fmt: skip
    assert accepts(HLEDGER, journal, tmp_path) == ""
    ledger = exported(kept, "beancount")
    assert "open Assets:Cold-store BTC" in ledger
    assert accepts(BEANCOUNT, ledger, tmp_path) == ""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('x = "income:{lot}"', "is no account"),
        ('x = "foo:bar"', "is no account"),
        ('x = "income:two  spaces"', "is no account"),
        ('x = "income"', "is no account"),
        ("x = 3", "is no account"),
        ('[category]\nincome = "income:a;b"', "category.income"),
        ("x = ", ".gitbtc/accounts.toml: "),
    ],
)
def test_a_table_that_names_no_account_is_refused(kept: Repo, table: str, words: str) -> None:
    kept.write(".gitbtc/accounts.toml", table)
    kept.commit("Name the accounts")
    refused = kept.gitbtc("export", "--format", "hledger", ok=(2,))
    assert words in refused.stderr
    assert refused.stdout == ""


def test_accounts_that_come_to_be_one_are_refused(kept: Repo) -> None:
    kept.write(".gitbtc/accounts.toml", '[category]\nincome = "income:a-b"\n[own]\nfees = "income:a b"\n')
    kept.commit("Name the accounts")
    assert "alike" in kept.gitbtc("export", "--format", "beancount", ok=(2,)).stderr


def test_prices_are_a_file_of_their_own(kept: Repo, tmp_path: Path) -> None:
    told = [
        {"timestamp": FEB + half * 43_200, "block_height": None, "price_usd": 90_000 + half / 2, "source": "x"}
        for half in range(4)
    ]
    put(kept, "oracles/prices.json", *told)
    kept.commit("Prices")
    assert exported(kept, "hledger", "--prices", "x").splitlines() == [
        "P 2026-02-02 BTC 90000.5 USD", "P 2026-02-03 BTC 90001.5 USD",
    ]  # fmt: skip
    both = exported(kept, "beancount") + exported(kept, "beancount", "--prices", "x")
    assert accepts(BEANCOUNT, both, tmp_path) == ""
    assert "no such source" in kept.gitbtc("export", "--format", "hledger", "--prices", "y", ok=(2,)).stderr
    assert "has none" in kept.gitbtc("export", "--prices", "x", ok=(2,)).stderr


# -- lots --------------------------------------------------------------------------------------------------------------

LOTS = ("--price", "usd:x", "--lots")


@pytest.fixture
def priced(kept: Repo) -> Repo:
    """Prices of three months, in a repository whose last day is over."""
    usd = {FEB: 90_000, MAR: 80_000.5, MAR + 9000: 100_000, APR: 70_000}
    told = [{"timestamp": one, "block_height": None, "price_usd": price, "source": "x"} for one, price in usd.items()]
    put(kept, "oracles/prices.json", *told)
    tip(kept, 400, APR + 11 * 86_400)
    kept.commit("Prices")
    return kept


@pytest.mark.parametrize(
    ("method", "gain"),
    # 5000 sat went at 100,000: those of February, at 90,000, or of the 7000 of March, at 80,000.5.
    [("fifo", "-0.5"), ("lifo", "-0.999975"), ("hifo", "-0.5")],
)
def test_a_payment_takes_lots_in_the_order_that_was_chosen(
    priced: Repo, tmp_path: Path, method: str, gain: str
) -> None:
    loader = pytest.importorskip("beancount.loader")
    text = exported(priced, "beancount", *LOTS, method)
    assert f'open Assets:Bitcoin:Treasury BTC "{method.upper()}"' in text
    assert accepts(BEANCOUNT, text, tmp_path) == ""
    entries, _, _ = loader.load_string(text)
    sums: Counter[str] = Counter()
    for part in (part for entry in entries for part in getattr(entry, "postings", ())):
        sums[part.account] += part.units.number
    assert sums == {
        "Assets:Bitcoin:Treasury": Decimal("0.00016"), "Income:Bitcoin:Unattributed": Decimal("-16.400035"),
        "Expenses:Bitcoin:Unattributed": Decimal("4.8"), "Expenses:Bitcoin:Fees": Decimal("0.2"),
        "Income:Bitcoin:Gains": Decimal(gain),
    }  # fmt: skip


def test_a_longer_export_with_lots_begins_with_a_shorter_one(priced: Repo) -> None:
    whole = exported(priced, "beancount", *LOTS, "FIFO")
    assert exported(priced, "beancount", *LOTS, "fifo") == whole
    april = {one["txid"] for one in json.loads(priced.read("wallet/transactions.json")) if one["block_height"] == 300}
    for path in ("wallet/transactions.json", "wallet/utxos.json"):
        put(priced, path, *(one for one in json.loads(priced.read(path)) if one["txid"] not in april))
    tip(priced, 220, MAR + 9500)
    priced.unexamined("As of March")
    shorter = exported(priced, "beancount", *LOTS, "fifo")
    assert whole.startswith(shorter)
    assert shorter.count(" * ") == whole.count(" * ") - 1 == 3


def test_beancount_sees_one_satoshi_in_lots(priced: Repo, tmp_path: Path) -> None:
    text = exported(priced, "beancount", *LOTS, "fifo")
    for was, moved in (
        ("0.00005000 BTC {90000 ", "0.00005001 BTC {90000 "),
        ("0.00005000 BTC {}", "0.00005001 BTC {}"),
        ("-4.50000000 USD", "-4.50090000 USD"),
        ("4.80000000 USD", "4.80100000 USD"),
        ("0.20000000 USD", "0.20100000 USD"),
        ("0.00016000 ~ 0 BTC", "0.00016001 ~ 0 BTC"),
    ):
        assert text.count(was) == 1
        assert accepts(BEANCOUNT, text.replace(was, moved), tmp_path) != "", was


def test_beancount_accepts_the_lots_of_recordings(treasury: Repo, recordings: Path, tmp_path: Path) -> None:
    for moment in ("0-base", "3-agent-a-consolidated", "5-agent-a-confirmed"):
        treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / moment))
        times = sorted({one["block_time"] or 0 for one in json.loads(treasury.read("wallet/transactions.json"))})
        put(treasury, "oracles/prices.json", *(
            {"timestamp": one, "block_height": None, "price_usd": 90_000 + one % 977 / 4, "source": "x"}
            for one in times
        ))  # fmt: skip
        treasury.commit(moment)
        text = exported(treasury, "beancount", *LOTS, "lifo")
        assert " BTC {" in text
        assert accepts(BEANCOUNT, text, tmp_path) == ""
    consolidation = text.partition('"consolidation"')[2].partition("\n\n")[0]
    assert [line.split()[:2] for line in consolidation.splitlines()[3:]] == [
        ["Assets:Bitcoin:Treasury", "-0.00000867"],
        ["Expenses:Bitcoin:Fees", consolidation.split()[-3]],
        ["Income:Bitcoin:Gains"],
    ]


def test_lots_that_nobody_can_tell_are_refused(priced: Repo) -> None:
    def refused(*arguments: str, status: int) -> str:
        told = priced.gitbtc("export", *arguments, ok=(status,))
        assert told.stdout == ""
        return " ".join(told.stderr.split())

    ledger = ("--format", "beancount")
    assert "ask for one" in refused(*ledger, *LOTS, "fifo", "--prices", "x", status=2)
    assert "7000 sat are there as the period begins" in refused(*ledger, *LOTS, "fifo", "2026-04", status=1)
    assert "which source tells prices? x" in refused(*ledger, "--price", "usd:y", "--lots", "fifo", status=2)
    assert "--lots needs the worth" in refused(*ledger, "--lots", "fifo", status=2)
    assert "--price is for --lots" in refused(*ledger, "--price", "usd:x", status=2)
    assert "--lots is for beancount" in refused("--format", "hledger", *LOTS, "fifo", status=2)
    prices = json.loads(priced.read("oracles/prices.json"))
    put(priced, "oracles/prices.json", *(one for one in prices if one["timestamp"] != APR))
    priced.unexamined("Lose a price")
    assert "x tells no price of the 24 hours before 1 transactions: " in refused(*ledger, *LOTS, "fifo", status=1)


def test_what_a_reorganisation_took_back_cannot_be_appended_to(treasury: Repo, recordings: Path) -> None:
    for moment in ("5-agent-a-confirmed", "7-agent-a-reorged"):
        treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / moment))
        treasury.commit(moment)
    refused = treasury.gitbtc("export", "HEAD~1..HEAD", ok=(1,))
    assert "a reorganisation took back" in refused.stderr
    assert "2 unconfirmed at the end" in treasury.gitbtc("export").stderr
