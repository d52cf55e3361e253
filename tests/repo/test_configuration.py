"""Git's configuration, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git, GitFailed

if TYPE_CHECKING:
    from tests.conftest import Repo


def test_config_of_a_file_round_trips_any_value(repo: Repo) -> None:
    git, file = Git(repo.path), str(repo.path / "my config")
    value = ' "a" \\ $HOME # ; %P\t' + "it's\nnew \u20bf "
    git.set_config("merge.gitbtc-utxos.driver", value, file)
    assert git.config("merge.gitbtc-utxos.driver", file) == value
    assert git.config_entries(file) == [("merge.gitbtc-utxos.driver", value)]
    git.add_config("merge.gitbtc-utxos.driver", "two", file)
    assert git.config_values("merge.gitbtc-utxos.driver", file) == [value, "two"]
    assert git.config("merge.gitbtc-utxos.driver") is None


def test_one_value_or_all_values_are_unset(repo: Repo) -> None:
    git, file = Git(repo.path), str(repo.path / "my config")
    for value in ("a.b", "axb", "c"):
        git.add_config("include.path", value, file)
    git.unset_config("include.path", file, value="a.b")
    assert git.config_values("include.path", file) == ["axb", "c"]
    git.unset_config("include.path", file)
    assert git.config("include.path", file) is None
    with pytest.raises(GitFailed):
        git.unset_config("include.path", file)


def test_colours_are_wanted_as_configured(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")  # Git asks it too
    git = Git(repo.path)
    assert [git.wants_diff_coloured(seen=seen) for seen in (True, False)] == [True, False]
    git.set_config("color.ui", "never")
    assert not git.wants_diff_coloured(seen=True)
    git.set_config("color.diff", "always")
    assert git.wants_diff_coloured(seen=False)


def test_the_pager_is_the_configured_one(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "more")
    assert Git(repo.path).configured_pager() == "more"
    repo.git("config", "core.pager", "less -S")
    assert Git(repo.path).configured_pager() == "less -S"
