"""How many secrets are refused in what carries them."""

from __future__ import annotations

import pytest

from tests.keys import carriers


@pytest.mark.parametrize("seed", [1, 20260101])
def test_a_sample_of_forms_in_carriers_is_refused(seed: int) -> None:
    """All of them are measured by hand: python -m tests.keys.carriers."""
    rows = list(carriers.measure(seed, every=23))
    total, missed = sum(row[2] for row in rows), [(row[1], row[3]) for row in rows if row[3]]
    assert total > 100
    assert sum(len(forms) for _, forms in missed) <= 0.03 * total, missed


def test_every_form_is_refused_bare() -> None:
    tokens, phrases = carriers.secrets(7)
    assert [form for form, secret in (tokens | phrases).items() if not carriers.is_refused(secret)] == []
