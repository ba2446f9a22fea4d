"""Where long audio is cut, and how what was heard in its pieces is one transcript again."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.models import SpokenWord
from inkwell_pipeline.transcript.speech.hearer import Heard
from inkwell_pipeline.transcript.speech.pieces import EARLIEST, cuts, joined
from inkwell_pipeline.transcript.speech.recognised import read_recognised

ROUNDED_S = 0.001  # cuts are in milliseconds
SILENCES = st.lists(
    st.tuples(st.floats(0, 5000), st.floats(0.4, 600)).map(lambda one: (one[0], one[0] + one[1])), max_size=30
)


@given(silences=SILENCES, length_s=st.floats(0, 5000), longest_s=st.floats(30, 6000))
def test_no_piece_is_longer_than_allowed(
    silences: list[tuple[float, float]], length_s: float, longest_s: float
) -> None:
    """A service refuses the whole piece; and each cut is one step on, so that there is an end."""
    found = cuts(silences, length_s=length_s, longest_s=longest_s)

    ends = [0.0, *found, length_s]
    assert all(end - begin <= longest_s + ROUNDED_S for begin, end in pairwise(ends))
    assert all(cut - begin >= longest_s * EARLIEST - ROUNDED_S for begin, cut in pairwise(ends[:-1]))
    assert not found or found[-1] <= length_s


@given(silences=SILENCES, length_s=st.floats(0, 5000), longest_s=st.floats(30, 1000))
def test_nobody_is_cut_off_where_there_is_a_silence(
    silences: list[tuple[float, float]], length_s: float, longest_s: float
) -> None:
    """A word that is cut in two is heard by neither piece."""
    found = cuts(silences, length_s=length_s, longest_s=longest_s)

    for begin, cut in pairwise([0.0, *found]):
        earliest_s, latest_s = begin + longest_s * EARLIEST + ROUNDED_S, begin + longest_s - ROUNDED_S
        if any(earliest_s <= start and end <= latest_s for start, end in silences):
            assert any(start - ROUNDED_S <= cut <= end + ROUNDED_S for start, end in silences)


@pytest.mark.parametrize(
    ("silences", "places"),
    [
        ([], [100, 200]),
        ([(80, 82), (90, 96)], [93, 193]),
        ([(70, 76), (90, 92)], [73, 173]),
        ([(10, 50)], [100, 200]),
        ([(99, 102)], [100, 200]),
        ([(90, 92), (150, 160), (230, 240)], [91, 155]),
    ],
    ids=["none", "the longest", "not the last", "too early", "too late", "in each piece"],
)
def test_the_longest_silence_near_the_end_is_cut_in_its_middle(
    silences: list[tuple[float, float]], places: list[float]
) -> None:
    """Where nobody is ever silent, at the end."""
    assert cuts(silences, length_s=250, longest_s=100) == places


def test_what_fits_is_not_cut() -> None:
    """To the second."""
    assert cuts([(50, 60)], length_s=100, longest_s=100) == []


def test_times_are_those_of_the_whole() -> None:
    """Of segments and of words; all else stays."""
    answer = {
        "segments": [
            {"start": 0.2, "end": 2.5, "text": "It pours.", "words": [{"word": "It", "start": 0.2, "end": 0.4}]},
        ]
    }
    heard = read_recognised(json.dumps(answer).encode(), begins_s=600.1)

    (first,) = heard.segments
    assert (first.start_s, first.end_s, first.text) == (600.3, 602.6, "It pours.")
    assert first.words == (SpokenWord("It", 600.3, 600.5),)


def test_without_times_there_are_none() -> None:
    """A piece's beginning would be up to a piece away, and stand there as the second."""
    (segment,) = read_recognised(b'{"text": "It pours."}', begins_s=600).segments

    assert (segment.start_s, segment.end_s, segment.text) == (None, None, "It pours.")


@pytest.mark.parametrize(
    ("costs", "cost"),
    [
        (["0.06", "0.012"], Decimal("0.072")),
        (["0", "0"], Decimal(0)),
        (["0.06", None], None),
        ([None, "0"], None),
    ],
)
def test_it_cost_what_its_pieces_cost(costs: list[str | None], cost: Decimal | None) -> None:
    """Known only where each is."""
    heard = [Heard((), cost_usd=None if one_s is None else Decimal(one_s)) for one_s in costs]

    assert joined(heard).cost_usd == cost


def test_the_language_is_that_of_the_first_piece_that_says() -> None:
    """A piece of music has none."""
    heard = [Heard((), language) for language in (None, "de", "en")]

    assert joined(heard).language == "de"


def test_what_was_lost_is_said_once() -> None:
    """Each piece has the same to say, for the most part."""
    heard = [Heard((), remarks=remarks) for remarks in (("a",), ("a", "b"), ("b",))]

    assert joined(heard).remarks == ("a", "b")


def test_what_was_lost_is_not_said_to_be_elsewhere() -> None:
    """Who looks at 0:30 for what a recogniser made up at 20:30 finds talk, and trusts the line no more."""
    answer = b'{"segments": [{"start": 30, "text": "[BLANK_AUDIO]"}, {"start": 40, "text": "It rains."}]}'

    heard = read_recognised(answer, begins_s=1200)

    assert [segment.start_s for segment in heard.segments] == [1240]
    assert heard.remarks == ("1 segments left out in which nobody speaks, the first at 20:30",)
