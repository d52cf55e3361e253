"""`gitbtc report`: one screen, and one page that fetches nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.made_state import OTHER, change_of, channel, coins, policy, put, spend, transactions
from tests.prepared import once
from tests.statement.months import three_months
from tests.views.pages import Browser, Page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

HOSTILE = '"><svg onload=alert(1)><script src=http://x></script>'


@once
def _recorded(repo: Repo, folder: str) -> None:
    """Two agents' coins, confirmed and then reorganised."""
    for moment in ("0-base", "5-agent-a-confirmed", "7-agent-a-reorged"):
        repo.gitbtc("import", "bitcoin-core", "--from", f"{folder}/{moment}")
        repo.unexamined(moment)


@pytest.fixture
def recorded(treasury: Repo, recordings: Path) -> Repo:
    _recorded(treasury, str(recordings))
    return treasury


@once
def _hostile(repo: Repo) -> None:
    """A treasury in which every text that somebody chose wants to be more than a text."""
    three_months(repo)
    put(repo, "wallet/labels.json", {"address": OTHER, "label": HOSTILE, "category": "expense", "created_at": 1})
    put(repo, "channels/channels.json", channel("101x1x0", peer_alias=HOSTILE), channel("102x1x0"))
    put(repo, "channels/routing.json", policy("101x1x0"))
    repo.unexamined(HOSTILE)
    put(repo, "channels/routing.json", policy("101x1x0", fee_rate_ppm=400))
    repo.git("config", "user.name", "\u202eada & co")
    repo.unexamined("400 ppm")
    held = json.loads(repo.read("wallet/utxos.json"))
    for name in ("one", 'two"><svg'):
        repo.git("checkout", "-q", "-b", f"agents/{name}", "main")
        paid = spend(name, held[0], fee=1000)
        transactions(repo, *json.loads(repo.read("wallet/transactions.json")), paid)
        coins(repo, *held[1:], change_of(paid))
        repo.unexamined("Spend")
    repo.git("checkout", "-q", "main")


@pytest.fixture
def hostile(treasury: Repo) -> Repo:
    _hostile(treasury)
    return treasury


def told(repo: Repo, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(repo.gitbtc("report", "--json", *arguments).stdout)["gitbtc.report/v1"])


def page(repo: Repo, *arguments: str, command: str = "report") -> str:
    assert repo.gitbtc(command, *arguments, "--html", "page.html").stdout == ""
    return repo.read("page.html").decode()


# -- the screen --------------------------------------------------------------------------------------------------------


def test_a_recorded_treasury_is_told_on_one_screen(recorded: Repo) -> None:
    lines = recorded.gitbtc("report", "HEAD~2..HEAD~1").stdout.splitlines()
    assert lines == [
        "treasury · regtest · block 113 · 4203e209…5a62d562 · 1 commit",
        "4.17787451 BTC spendable   7.00000001 frozen   50.00000000 immature (block 207)",
        "  0 contested",
        "balance  ████▇▇▇▇▇▇  63.17796279 → 61.17787452   (−2.00008827)",
        "coins    9  <1k:1  <100k:1  <1M:1  <1 BTC:2  ≥1 BTC:4",
        "age      0.0 days in the mean, by amount   0.0 BTC·days",
        "fees     21.606 sat/vB median of 2   0.00008827 BTC in all",
        "halving  at block 150, in 37 blocks, about 2026-11-23 at 10 minutes a block",
        "look at  1 coin below its own cost at 10 sat/vB · 1 frozen",
    ]


def test_no_line_is_wider_than_80_columns(hostile: Repo) -> None:
    lines = hostile.gitbtc("report").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24


def test_the_document_adds_up(recorded: Repo) -> None:
    found = told(recorded)
    assert sum(one["amount_sat"] for one in found["classes"]["classes"]) == found["coins"]["amount_sat"]
    for bins in ("by_amount", "by_age"):
        assert sum(one["coins"] for one in found["coins"][bins]) == found["coins"]["count"]
        assert sum(one["amount_sat"] for one in found["coins"][bins]) == found["coins"]["amount_sat"]
    assert sum(found["coins"]["by_size"].values()) == found["coins"]["count"]
    assert found["balance"]["closing_sat"] + found["balance"]["pending_sat"] == found["coins"]["amount_sat"]
    assert found["balance"]["steps"][-1]["balance_sat"] == found["balance"]["closing_sat"]


def test_a_reorganisation_is_told_with_both_balances(recorded: Repo) -> None:
    found = told(recorded)["balance"]["commits"]
    assert [(one["height"], one["balance_sat"]) for one in found] == [
        (111, None), (113, 6_117_787_452), (111, 6_317_796_279),
    ]  # fmt: skip
    plot = page(recorded).partition("Balance over block heights")[2].partition("</svg>")[0]
    assert ('class="back"' in plot, 'class="line dashed"' in plot) == (True, True)
    before = page(recorded, "HEAD~1").partition("Balance over block heights")[2].partition("</svg>")[0]
    assert ('class="back"' in before, 'class="line dashed"' in before) == (False, False)


def test_labels_that_differ_by_spelling_are_named(hostile: Repo) -> None:
    rows = [{"address": address, "label": label, "category": "income", "created_at": 1}
            for address, label in ((OTHER, "Salary"), (OTHER, "salary "))]  # fmt: skip
    put(hostile, "wallet/labels.json", *rows)
    hostile.commit("Labels")
    assert 'label "Salary" on 1 addresses with 2 spellings' in told(hostile)["look_at"]


def test_branches_that_collide_are_told(hostile: Repo) -> None:
    one, two = told(hostile)["branches"]
    assert (one["name"], one["ahead"], one["spends"], one["collides"]) == ("agents/one", 1, 1, ['agents/two"><svg'])
    assert two["collides"] == ["agents/one"]
    assert 'class="bar bad"' in page(hostile)


def test_policies_are_told_with_who_changed_them(hostile: Repo) -> None:
    found = told(hostile)["channels"]["policies"]
    assert [(one["fee_rate_ppm"], one["author"]) for one in found] == [(1, "Ann Auditor"), (400, "\u202eada & co")]


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["report", "statement"])
def test_the_page_fetches_and_runs_nothing(hostile: Repo, command: str) -> None:
    text = page(hostile, command=command)
    found = Page(text)
    assert found.faults == []
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "\u202e" not in text
    assert found.counts["svg" if command == "report" else "table"] > 1
    assert any("svg onload" in text for text in found.texts)  # as a text


def test_every_plot_has_its_table(hostile: Repo) -> None:
    found = Page(page(hostile))
    assert found.counts["svg"] == found.counts["details"] == 6


def test_the_page_is_the_same_bytes_anywhere(hostile: Repo) -> None:
    first = page(hostile)
    assert page(hostile) == first
    hostile.git("clone", "-q", ".", "../copy")
    hostile.git("-C", "../copy", "fetch", "-q", "origin", "refs/heads/agents/*:refs/heads/agents/*")
    hostile.gitbtc("report", "--html", "page.html")
    copy = hostile.gitbtc("report", "--html", "page.html", cwd=hostile.path / "../copy")
    assert copy.stderr == ""
    assert (hostile.path / "../copy/page.html").read_text() == first


@pytest.mark.parametrize(("options", "background"), [((), (255, 255, 255)), (("--force-dark-mode",), (18, 22, 27))])
def test_a_browser_shows_it_light_and_dark(
    recorded: Repo, tmp_path: Path, options: tuple[str, ...], background: tuple[int, int, int]
) -> None:
    page(recorded)
    with Image.open(Browser(tmp_path).screenshot(recorded.path / "page.html", *options)) as shot:
        colours = shot.convert("RGB").getcolors(maxcolors=1 << 20) or []
    ordered = sorted(colours, reverse=True)
    assert ordered[0][1] == background
    drawn = sum(count for count, colour in ordered if colour != background)
    assert 0.01 < drawn / sum(count for count, _ in ordered) < 0.6
    accent = (11, 98, 196) if not options else (108, 176, 255)
    assert sum(count for count, colour in ordered if colour == accent) > 1000


def test_it_prints_to_a4(recorded: Repo, tmp_path: Path) -> None:
    page(recorded)
    printed = Browser(tmp_path).pdf(recorded.path / "page.html")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed
