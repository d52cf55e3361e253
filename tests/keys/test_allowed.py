"""The list of what may be committed all the same."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import printable
from gitbtc.keys.allowed import LONGEST, AllowList, Entry, is_fingerprint, with_entry
from gitbtc.keys.finding import KeyFinding
from gitbtc.keys.form import Form

TODAY = date(2026, 5, 17)
PRINT = "0b3442c634898149"
FOUND = KeyFinding(Form("WIF private key", "keep it in a wallet"), 1, PRINT)


def entry(**members: str) -> str:
    given = {"fingerprint": f'"{PRINT}"', "reason": '"a test vector"', **members}
    return "[[allow]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items())


def read(text: str | bytes) -> AllowList:
    return AllowList(text if isinstance(text, bytes) else text.encode(), TODAY)


@pytest.mark.parametrize("expires", ["", "2026-05-17", '"2026-05-17"', "2099-12-31"])
def test_what_it_names_is_let_through_through_its_last_day(expires: str) -> None:
    listed = read(entry(expires=expires) if expires else entry())
    assert listed.admits(FOUND)
    assert (listed.faults, listed.remark(FOUND)) == ([], None)


def test_what_it_does_not_name_is_not() -> None:
    other = KeyFinding(Form("WIF private key", ""), 1, PRINT[::-1])
    assert not read(entry()).admits(other)
    assert not read(b"").admits(FOUND)


def test_an_entry_that_is_over_lets_nothing_through_and_says_since_when() -> None:
    listed = read(entry(expires="2026-05-16"))
    assert not listed.admits(FOUND)
    assert listed.remark(FOUND) == f".gitbtc/allow.toml allowed {PRINT} until 2026-05-16, which is over"


@pytest.mark.parametrize(
    "text",
    [
        entry(fingerprint='"0b3442c63489814"'),
        entry(fingerprint='"0B3442C634898149"'),
        entry(fingerprint='"0b3442c634898149\\n"'),
        entry(fingerprint="1234567890123456"),
        entry(reason='""'),
        entry(reason='" "'),
        entry(reason="1"),
        entry(reason=f'"{"x" * 501}"'),
        entry(expires='"soon"'),
        entry(expires="2026-05-18T10:00:00"),
        entry(expires="20260518"),
        entry(expire="2027-01-01"),
        entry(path='"vectors/**"'),
        f'[[allow]]\nfingerprint = "{PRINT}"\n',
        f'[[allow]]\nreason = "x"\n\n[[allowed]]\nfingerprint = "{PRINT}"\nreason = "x"\n',
        f'[allow]\nfingerprint = "{PRINT}"\nreason = "x"\n',
        f'allow = ["{PRINT}"]\n',
        entry() + "[",
        b"\xff" + entry().encode(),
        b"#" * LONGEST + b"\n" + entry().encode(),
    ],
)
def test_what_is_not_of_the_form_lets_nothing_through_and_is_told(text: str | bytes) -> None:
    listed = read(text)
    assert not listed.admits(FOUND)
    assert listed.faults


def test_a_broken_entry_does_not_break_the_others() -> None:
    listed = read(entry(fingerprint='"x"') + entry())
    assert listed.admits(FOUND)
    assert listed.faults == ["entry 1: its fingerprint is not 16 hex digits, in lower case and in quotes"]


def test_something_else_in_the_file_is_a_fault_beside_sound_entries() -> None:
    listed = read('paths = ["vectors"]\n' + entry())
    assert listed.admits(FOUND)
    assert listed.faults == ["it holds something else than [[allow]] tables"]


@pytest.mark.parametrize(("first", "lets"), [("2026-05-16", False), ("2027-01-01", True)])
def test_of_two_entries_for_one_secret_the_first_counts(first: str, lets: bool) -> None:
    listed = read(entry(expires=first) + entry())
    assert listed.admits(FOUND) == lets
    assert listed.faults == [f"entry 2: {PRINT} stands there twice; the first entry counts"]


def test_a_fault_does_not_quote_what_somebody_wrote() -> None:
    secret = "L5nJeqKmpHp4P7F8ZYyjwc5a7P4d8EabuGAzfGJk7yC1BJyzNaEd"
    for text in (
        entry(fingerprint=f'"{secret}"'),
        entry(expires=f'"{secret}"'),
        secret,
        f"{secret} = 1",
        entry(x=secret),
    ):
        assert secret not in str(read(text).faults)


@given(st.text(min_size=1, max_size=80), st.none() | st.dates(min_value=TODAY))
def test_an_entry_that_is_added_is_read_again(reason: str, expires: date | None) -> None:
    reason = printable(reason).strip() or "x"
    for before in (None, b"", b"# mine", entry(fingerprint='"ffffffffffffffff"').encode()):
        listed = read(with_entry(before, Entry(PRINT, reason, expires)))
        assert listed.faults == []
        assert (listed.entries[PRINT].reason, listed.entries[PRINT].expires) == (reason, expires)
        assert len(listed.entries) == (2 if before and b"allow" in before else 1)


@given(st.binary(max_size=200) | st.text(alphabet='[]allow="\n.{}', max_size=60).map(str.encode))
def test_no_list_makes_it_raise(content: bytes) -> None:
    assert not read(content).admits(FOUND)


def test_the_form_of_a_fingerprint() -> None:
    assert is_fingerprint(PRINT)
    assert not any(map(is_fingerprint, [PRINT + "0", PRINT.upper(), PRINT + "\n", ""]))
    assert tomllib.loads(with_entry(None, Entry(PRINT, 'a "b"\\', None)).decode())["allow"][0]["reason"] == 'a "b"\\'
