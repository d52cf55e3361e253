"""The examples of docs/api.md, run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc import api
from gitbtc.views import schema as views
from tests.made_state import branch, coin, spend

if TYPE_CHECKING:
    from tests.conftest import Repo

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
UTXOS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"


@pytest.fixture
def treasury_of_the_page(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """One agent has paid with a coin, one has named one, one has paid with the same coin."""
    paid, again = spend("a", coin(0)), spend("c", coin(0))
    states = {
        "main": {UTXOS: [coin(0), coin(1)], TRANSACTIONS: []},
        "agent-a": {UTXOS: [coin(1)], TRANSACTIONS: [paid]},
        "agent-b": {UTXOS: [coin(0), coin(1, label="savings")], TRANSACTIONS: []},
        "agent-c": {UTXOS: [coin(1)], TRANSACTIONS: [again]},
    }
    for name, records in states.items():
        if name != "main":
            branch(repo, name)
        for path, content in api.State.of(records).files.items():
            repo.write(path, content)
        repo.unexamined(name)
    repo.git("checkout", "-q", "main")
    monkeypatch.chdir(repo.path)
    return repo


@pytest.mark.one_file
def test_the_examples_do_what_the_page_says(treasury_of_the_page: Repo) -> None:
    examples = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(examples, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    done = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed, out=said.append)
    assert done.failed == 0, "".join(said)
    assert done.attempted > 30


def test_the_page_names_all_that_there_is() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name in api.__all__ if name[0].islower() and f"`{name}(" not in page] == []
    types = {type_ for type_, _ in (*views._REGISTERS.values(), *views._GROUPS.values())}
    assert [type_ for type_ in types if f"`{type_}`" not in page] == []
