from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.spends.layer import Layer

steps = st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(0, 9)), max_size=8)


@given(st.dictionaries(st.integers(0, 5), st.integers(0, 9)), st.lists(steps, max_size=4))
def test_layers_over_each_other_map_what_one_dict_does(
    below: dict[int, int], layers: list[list[tuple[int, int | None]]]
) -> None:
    expected, seen = dict(below), Layer(below)
    for changes in layers:
        seen = Layer(seen)
        for key, value in changes:
            seen.put(key, value)
            expected = {other: one for other, one in expected.items() if other != key}
            expected |= {} if value is None else {key: value}
        assert dict(seen) == expected
        assert (len(seen), {key in seen for key in expected}) == (len(expected), {True} if expected else set())
        assert not any(key in seen or seen.get(key) for key in range(6) if key not in expected)


def test_the_layer_below_keeps_what_it_had() -> None:
    below = Layer({1: "a"})
    above = Layer(below)
    above.put(1, None)
    above.put(2, "b")
    assert (dict(below), dict(above)) == ({1: "a"}, {2: "b"})


def test_a_lookup_takes_no_more_steps_in_a_long_history() -> None:
    """Deeper than Python's own calls may nest."""
    layer: Layer = Layer({})
    for number in range(3000):
        layer = Layer(layer)
        layer.put(number, number)
    assert (layer[0], len(layer)) == (0, 3000)
