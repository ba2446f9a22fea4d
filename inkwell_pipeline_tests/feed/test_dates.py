"""Dates and lengths: what publishers write becomes a moment in UTC and seconds, or nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.feed.dates import parse_date, parse_duration_s
from inkwell_pipeline_tests.fuzzing import examples


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 28 Feb 2024 09:00:00 GMT", utc(2024, 2, 28, 9)),
        ("Wed, 28 Feb 2024 23:30:00 -0500", utc(2024, 2, 29, 4, 30)),
        ("28 Feb 2024 9:00 GMT", utc(2024, 2, 28, 9)),
        ("28 Feb 24 09:00:00 Z", utc(2024, 2, 28, 9)),
        ("28 Feb 98 09:00:00 UT", utc(1998, 2, 28, 9)),
        ("2024-02-28T09:00:00Z", utc(2024, 2, 28, 9)),
        ("2024-02-28T09:00:00.123456789+01:00", utc(2024, 2, 28, 8)),
        ("2024-02-28t09:00:00-0530", utc(2024, 2, 28, 14, 30)),
        ("2024-02-28", utc(2024, 2, 28)),
    ],
)
def test_the_forms_of_the_standards_are_read(text: str, moment: datetime) -> None:
    """RFC 822 and 2822 in RSS, RFC 3339 and W3CDTF in Atom and Dublin Core."""
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, 02 Feb 2024 10:30:00", utc(2024, 2, 2, 10, 30)),  # no zone
        ("Wed, 28 Feb 2024 09:00:00 CET", utc(2024, 2, 28, 8)),
        ("Wed, 28 Feb 2024 09:00:00 PDT", utc(2024, 2, 28, 16)),
        ("Wed, 28 Feb 2024 09:00:00 GMT+0200", utc(2024, 2, 28, 7)),
        ("Wed, 28 Feb 2024 09:00:00 UTC-3", utc(2024, 2, 28, 12)),
        ("Wed, 28 Feb 2024 09:00:00 +01:00", utc(2024, 2, 28, 8)),
        ("Wed, 28 Feb 2024 09:00:00 Mars/Olympus", utc(2024, 2, 28, 9)),  # a zone nobody knows
        ("Thurs, 29 February 2024 9:00 PM EST", utc(2024, 3, 1, 2)),
        ("Feb 28, 2024 12:05 am", utc(2024, 2, 28, 0, 5)),
        ("Wed Feb 28 09:00:00 2024", utc(2024, 2, 28, 9)),
        ("Mi, 28. Februar 2024 um 9:00", utc(2024, 2, 28, 9)),
        ("lun., 5 févr. 2024 09:00:00 +0100", utc(2024, 2, 5, 8)),
        ("2024-02-28 09:00:00 +0100", utc(2024, 2, 28, 8)),
        ("28-Feb-2024 09:00:00", utc(2024, 2, 28, 9)),
        ("Wed, 28 Feb 2024 24:00:00 GMT", utc(2024, 2, 29)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", utc(2016, 12, 31, 23, 59, 59)),  # a leap second
        ("Wed, 28 Feb 2124 09:00:00 GMT", utc(2124, 2, 28, 9)),  # announced, or a slip: it is what the feed says
    ],
)
def test_what_real_feeds_have_instead_is_read(text: str, moment: datetime) -> None:
    """Other zones, none, other orders and other languages; without a known zone the date is taken as UTC."""
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("some time last week", "", "2024", "0", "Wed, 30 Feb 2024 09:00:00 GMT", "99 Feb 99999", "28/02/2024 09:00"),
        *("0001-01-01T00:00:00Z", "Wed, 28 Foo 2024 09:00:00", "2024-13-01", "2024-02-28T25:00:00Z", "12:34"),
    ],
)
def test_what_cannot_be_read_is_no_date(text: str) -> None:
    """A guess would put the episode at a day when it was not published. The year 1 is what software has for none."""
    assert parse_date(text) is None


def test_no_text_is_no_date() -> None:
    """An item need not have one."""
    assert parse_date(None) is None


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001  naive: it is UTC
    st.sampled_from(
        ["%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ", "%d %B %Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p"]
    ),
)
def test_any_moment_comes_back_in_any_form(moment: datetime, form: str) -> None:
    """To the second."""
    assert parse_date(moment.strftime(form)) == moment.replace(microsecond=0, tzinfo=UTC)


DATE_LIKE = st.lists(
    st.sampled_from(["28", "Feb", "2024", ":", "09", "00", " ", ",", "-", "T", "Z", "+", "PM", "99999", "/", ".", "٣"]),
    max_size=20,
).map("".join)


@settings(max_examples=examples(300))
@given(st.text(max_size=200) | DATE_LIKE)
def test_any_text_is_a_moment_in_utc_or_none(text: str) -> None:
    """Publishers write anything; nothing of it is an error."""
    moment = parse_date(text)

    assert moment is None or moment.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3123", 3123), ("52:03", 3123), ("1:02:03", 3723), ("61.5", 61), ("0", None), ("", None), ("an hour", None)],
)
def test_a_duration_is_in_seconds_or_none(text: str, seconds: int | None) -> None:
    """`itunes:duration` has three forms; 0 is what software writes that does not know."""
    assert parse_duration_s(text) == seconds


@settings(max_examples=examples(100))
@given(st.text(max_size=30) | st.text("0123456789:.٣", max_size=30))
def test_any_duration_is_seconds_or_none(text: str) -> None:
    """Publishers write anything; nothing of it is an error."""
    seconds = parse_duration_s(text)

    assert seconds is None or seconds > 0
