"""The feed's state machine: a table of what a host may answer, and what that means. No HTTP, no files, no clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.feed.state import (
    Answer,
    Failed,
    FeedState,
    Fetched,
    Gone,
    Move,
    NotModified,
    Outcome,
    Throttled,
    announced,
    decide,
    fresh_until,
    new_state,
)

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
MORNING = NOON - timedelta(hours=3)
URL, NEW_URL = "https://example.com/feed.xml", "https://example.org/feed.xml"
OLD, NEW = "0" * 64, "1" * 64  # SHA-256 of two bodies


def state(**changes: Any) -> FeedState:
    """A feed that was read in the morning, with an ETag."""
    read = {"body": OLD, "body_from": URL, "etag": '"v1"', "asked_at": MORNING, "read_at": MORNING}
    return new_state(URL).model_copy(update={**read, "changed_at": MORNING, **changes})


def answer(status: Any = 200, **changes: Any) -> Answer:
    return replace(Answer(status=status, url=URL, body=NEW if status == 200 else None), **changes)


REDIRECT = Move(to=NEW_URL, at=NOON, by="redirect")
READ = {"asked_at": NOON, "read_at": NOON}
NO_HEADERS = {"etag": None, "last_modified": None}
FIRST = {"body": NEW, "body_from": URL, "changed_at": NOON}
FAILING = {"asked_at": NOON, "failures": 1, "failing_since": NOON}
BROKEN_OFF = TransientError("the host broke off")
NOT_THERE = PermanentError("the host answers 404")
HOUR = timedelta(hours=1)

# what is known, what is answered, what is known then, what came of it
TABLE: dict[str, tuple[FeedState, Answer | InkwellError, dict[str, Any], Outcome]] = {
    "a first body": (new_state(URL), answer(etag='"v1"'), {**READ, **FIRST, "etag": '"v1"'}, Fetched(is_new=True)),
    "a new body": (state(), answer(etag='"v2"'), {**READ, **FIRST, "etag": '"v2"'}, Fetched(is_new=True)),
    "a new body without an ETag: the old one's is not its own": (
        state(last_modified="Mon, 01 Apr 2024 07:00:00 GMT"),
        answer(),
        {**READ, **FIRST, **NO_HEADERS},
        Fetched(is_new=True),
    ),
    "validators are kept verbatim": (
        state(),
        answer(etag='W/"a b,c"', last_modified="yesterday"),
        {**READ, **FIRST, "etag": 'W/"a b,c"', "last_modified": "yesterday"},
        Fetched(is_new=True),
    ),
    "the same body once more, as of a host without validators": (
        state(),
        answer(body=OLD),
        {**READ, **NO_HEADERS},
        Fetched(is_new=False),
    ),
    "304: that body again": (state(), answer(304), READ, NotModified()),
    "304 without an ETag on either side": (state(etag=None), answer(304), READ, NotModified()),
    "304 with another ETag: RFC 9111, 4.3.4": (
        state(),
        answer(304, etag='"v1b"'),
        {**READ, "etag": '"v1b"'},
        NotModified(),
    ),
    "301 and a body": (
        state(),
        answer(url=NEW_URL, moved_to=NEW_URL),
        {**READ, **FIRST, **NO_HEADERS, "body_from": NEW_URL, "url": NEW_URL, "moves": (REDIRECT,)},
        Fetched(is_new=True, move=REDIRECT),
    ),
    "308 and a 304": (
        state(),
        answer(304, url=NEW_URL, moved_to=NEW_URL),
        {**READ, "url": NEW_URL, "moves": (REDIRECT,)},
        NotModified(move=REDIRECT),
    ),
    "302: asked for where it was": (
        state(),
        answer(url=NEW_URL),
        {**READ, **FIRST, **NO_HEADERS, "body_from": NEW_URL},
        Fetched(is_new=True),
    ),
    "410": (state(), answer(410), {"asked_at": NOON, "gone_at": NOON}, Gone()),
    "410 once more: since the first time": (
        state(gone_at=MORNING),
        answer(410),
        {"asked_at": NOON},
        Gone(),
    ),
    "a body after 410": (
        state(gone_at=MORNING),
        answer(),
        {**READ, **FIRST, **NO_HEADERS, "gone_at": None},
        Fetched(is_new=True),
    ),
    "429": (
        state(),
        answer(429, retry_after_s=3600.0),
        {**FAILING, "error": "the host answers 429, and asks to wait", "held_until": NOON + HOUR},
        Throttled(NOON + HOUR),
    ),
    "503 that asks for longer than a year": (
        state(),
        answer(503, retry_after_s=1e12),
        {**FAILING, "error": "the host answers 503, and asks to wait", "held_until": NOON + timedelta(days=366)},
        Throttled(NOON + timedelta(days=366)),
    ),
    "304 after a hold": (
        state(held_until=MORNING, failures=2, failing_since=MORNING, error="x"),
        answer(304),
        {**READ, "held_until": None, "failures": 0, "failing_since": None, "error": None},
        NotModified(),
    ),
    "the host breaks off": (state(), BROKEN_OFF, {**FAILING, "error": BROKEN_OFF.text}, Failed(BROKEN_OFF)),
    "it fails again: since the first time": (
        state(failures=1, failing_since=MORNING, error="x"),
        BROKEN_OFF,
        {"asked_at": NOON, "failures": 2, "error": BROKEN_OFF.text},
        Failed(BROKEN_OFF),
    ),
    "where it has moved there is nothing: back to the config's address": (
        state(url=NEW_URL, moves=(REDIRECT,)),
        NOT_THERE,
        {**FAILING, "error": NOT_THERE.text, "url": URL, "left": NEW_URL},
        Failed(NOT_THERE),
    ),
    "where it has moved the host is out of order: it stays": (
        state(url=NEW_URL, moves=(REDIRECT,)),
        BROKEN_OFF,
        {**FAILING, "error": BROKEN_OFF.text},
        Failed(BROKEN_OFF),
    ),
    "five times out of order where it has moved: back to the config's address": (
        state(url=NEW_URL, moves=(REDIRECT,), failures=4, failing_since=MORNING),
        BROKEN_OFF,
        {"asked_at": NOON, "failures": 5, "error": BROKEN_OFF.text, "url": URL, "left": NEW_URL},
        Failed(BROKEN_OFF),
    ),
    "nor is it to be had at the config's address: where it has moved again": (
        state(left=NEW_URL, moves=(REDIRECT,), failures=1, failing_since=MORNING),
        BROKEN_OFF,
        {"asked_at": NOON, "failures": 2, "error": BROKEN_OFF.text, "url": NEW_URL, "left": None},
        Failed(BROKEN_OFF),
    ),
    "the config's address has it again: it stays": (
        state(left=NEW_URL, moves=(REDIRECT,), failures=1, failing_since=MORNING, error="x"),
        answer(304),
        {**READ, "left": None, "failures": 0, "failing_since": None, "error": None},
        NotModified(),
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_an_answer_means(case: str) -> None:
    """Each line: what is remembered after it, all else as it was, and the outcome."""
    before, given_answer, changes, outcome = TABLE[case]

    assert decide(before, given_answer, now=NOON) == (before.model_copy(update=changes), outcome)


def test_a_304_without_a_body_is_a_failure() -> None:
    """A host that says so to a request without conditions: there is no body that could be meant."""
    after, outcome = decide(new_state(URL), answer(304), now=NOON)

    assert isinstance(outcome, Failed)
    assert outcome.error.text == "the host answers 304 to a request without conditions"
    assert (after.body, after.read_at) == (None, None)


@pytest.mark.parametrize(
    ("cache_control", "age", "ttl_minutes", "minutes"),
    [
        (None, None, None, None),
        ("max-age=3600", None, None, 60),
        ("public, MAX-AGE=\"3600\", must-revalidate", None, None, 60),
        ("max-age=3600", "1800", None, 30),
        ("max-age=60", "1800", None, None),
        ("max-age=3600", "soon", None, 60),
        ("s-maxage=3600", None, None, None),  # for shared caches
        ("no-cache, max-age=3600", None, None, None),
        ("max-age=0", None, 90, 90),
        ("max-age=3600", None, 15, 60),  # the later of the two
        ("max-age=31536000", None, None, 24 * 60),  # nobody means a year
        (None, None, 999999, 24 * 60),
    ],
)  # fmt: skip
def test_until_when_a_host_promises_no_change(
    cache_control: str | None, age: str | None, ttl_minutes: int | None, minutes: int | None
) -> None:
    """What it states, less the answer's age, at most a day."""
    after, _ = decide(new_state(URL), answer(cache_control=cache_control, age=age), now=NOON)

    until = fresh_until(after, ttl_minutes=ttl_minutes)
    assert until == (None if minutes is None else NOON + timedelta(minutes=minutes))


def test_a_304_renews_the_promise() -> None:
    """By its own `max-age`, or by the one that holds for the body."""
    stated, _ = decide(new_state(URL), answer(cache_control="max-age=600"), now=MORNING)
    again, _ = decide(stated, answer(304), now=NOON)
    another, _ = decide(stated, answer(304, cache_control="max-age=60"), now=NOON)

    assert fresh_until(again, ttl_minutes=None) == NOON + timedelta(minutes=10)
    assert fresh_until(another, ttl_minutes=None) == NOON + timedelta(minutes=1)


def test_a_feed_that_announces_its_move_is_asked_for_there() -> None:
    """Without the old address's validators: what the new one has was never seen."""
    after = announced(state(last_modified="x"), NEW_URL, now=NOON)

    assert (after.url, after.etag, after.last_modified) == (NEW_URL, None, None)
    assert after.moves == (Move(to=NEW_URL, at=NOON, by="new-feed-url"),)
    assert (after.source, after.body) == (URL, OLD)


@pytest.mark.parametrize("address", [None, URL])
def test_a_feed_that_announces_where_it_is_has_not_moved(address: str | None) -> None:
    """Most that have the element name themselves."""
    assert announced(state(), address, now=NOON) == state()


def test_two_feeds_that_name_one_another_are_not_asked_in_turn() -> None:
    """Nor is one asked again where it was announced and is not."""
    there = announced(state(), NEW_URL, now=MORNING)
    assert announced(there, URL, now=NOON) == there

    back, _ = decide(there, NOT_THERE, now=NOON)
    assert (back.url, announced(back, NEW_URL, now=NOON)) == (URL, back)


def test_a_hold_ends_at_its_moment() -> None:
    """Not a second earlier."""
    held, _ = decide(state(), answer(429, retry_after_s=60), now=NOON)

    assert held.is_held(NOON + timedelta(seconds=59))
    assert not held.is_held(NOON + timedelta(seconds=60))


headers = st.none() | st.text(max_size=40)
answers = st.builds(
    Answer,
    status=st.sampled_from([200, 304, 410, 429, 503]),
    url=st.sampled_from([URL, NEW_URL]),
    moved_to=st.sampled_from([None, URL, NEW_URL]),
    body=st.sampled_from([OLD, NEW]),
    etag=headers,
    last_modified=headers,
    cache_control=headers | st.from_regex(r"max-age=[0-9]{1,12}", fullmatch=True),
    age=headers | st.from_regex(r"[0-9]{1,12}", fullmatch=True),
    retry_after_s=st.floats(min_value=0, allow_nan=False, allow_infinity=False),
)


@given(st.lists(answers | st.sampled_from([BROKEN_OFF, NOT_THERE]), max_size=12))
def test_no_sequence_of_answers_loses_the_body(sequence: list[Answer | InkwellError]) -> None:
    """Whatever a host does: once there was a body there is one, its address is known, and the state can be written."""
    now, seen = NOON, state()
    for one in sequence:
        now += timedelta(minutes=30)
        seen, outcome = decide(seen, one, now=now)
        assert seen.body in (OLD, NEW)
        assert seen.asked_at == now
        assert not isinstance(outcome, Throttled) or seen.held_until == outcome.until
        fresh_until(seen, ttl_minutes=None)
    assert FeedState.model_validate_json(seen.model_dump_json()) == seen


@given(
    sequence=st.lists(answers | st.sampled_from([BROKEN_OFF, NOT_THERE]), max_size=12),
    is_where_it_was=st.booleans(),
    others=st.sampled_from([BROKEN_OFF, NOT_THERE]),
)
def test_a_feed_that_is_at_one_of_its_two_addresses_is_found(
    sequence: list[Answer | InkwellError], is_where_it_was: bool, others: InkwellError
) -> None:
    """The config's, and the last that it has moved to, if it has not been read at the config's since."""
    seen = state()
    for one in sequence:
        seen, _ = decide(seen, one, now=NOON)
    moved_to = seen.left or seen.url
    has_it = seen.source if is_where_it_was else moved_to

    asked = list[str]()
    while seen.url != has_it and len(asked) < 10:
        asked.append(seen.url)
        seen, _ = decide(seen, others, now=NOON)

    assert seen.url == has_it, asked
