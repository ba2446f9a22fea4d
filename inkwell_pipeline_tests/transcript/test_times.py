"""Times: which of many can be true together."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.transcript.times import clock_s, in_time, out_of_order


@given(st.lists(st.none() | st.integers(0, 9).map(float), max_size=12))
def test_without_the_times_out_of_order_none_goes_back(times_s: list[float | None]) -> None:
    """And as few as can be are left: a run that only rises loses none."""
    wrong = out_of_order(times_s)
    left = [time_s for index, time_s in enumerate(times_s) if index not in wrong and time_s is not None]

    assert all(a <= b for a, b in pairwise(left))
    assert all(times_s[index] is not None for index in wrong)
    assert out_of_order(sorted(left)) == frozenset()


def test_one_wrong_time_does_not_cost_the_others() -> None:
    """A `9:59:59` at the beginning is the one that goes."""
    assert out_of_order([36000.0, 1.0, 2.0, None, 3.0]) == {0}


def test_what_has_no_time_stays_behind_its_neighbour() -> None:
    """Sorting takes it along."""
    items = [("c", 3.0), ("c'", None), ("a", 1.0), ("a'", None)]

    assert [name for name, _ in in_time(items, lambda item: item[1])] == ["a", "a'", "c", "c'"]


def test_a_clock_is_a_time_that_stands_alone() -> None:
    """Minutes and seconds at least, in figures that a clock can show."""
    assert [clock_s(text) for text in ("1:02:03", "12:34", "00:00:09.5", "12:60", "12", "at 12:34", "1 May")] == [
        3723,
        754,
        9.5,
        None,
        None,
        None,
        None,
    ]
