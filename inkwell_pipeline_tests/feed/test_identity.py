"""An episode's key: what it is at first sight, and that it stays with the episode whatever the feed does later."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.episodes import Identity
from inkwell_pipeline.feed.identity import identified
from inkwell_pipeline.models import episode_key
from inkwell_pipeline_tests.fuzzing import examples

DAYS = [f"2024-02-{day:02}T09:00:00+00:00" for day in range(1, 29)]


def seen(number: int, **changes: str | None) -> Identity:
    """The episode of that number and day, as the feed describes it."""
    one = Identity(
        "", f"guid-{number}", f"https://h/{number}.mp3", f"https://h/{number}", f"No. {number}", DAYS[number]
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def keys(now: Sequence[Identity], known: Sequence[Identity] = ()) -> list[str]:
    return [identity.key for identity in identified("rivers", now, known)]


def memory_of(*runs: Sequence[Identity]) -> list[Identity]:
    """What is known after the feed was read in these states, one after the other."""
    known: list[Identity] = []
    for run in runs:
        now = {identity.key: identity for identity in reversed(identified("rivers", run, known))}
        known = [*now.values(), *(identity for identity in known if identity.key not in now)]
    return known


def key(identity: str) -> str:
    return episode_key("rivers", identity)


def test_a_newcomer_does_not_take_over_the_key_of_one_that_left() -> None:
    """Of two items with one guid the older has the guid's key, also when the feed has shed it since."""
    old, new = seen(1, guid="twin"), seen(2, guid="twin")
    known = memory_of([new, old])

    assert keys([new], known) == [key("https://h/2.mp3")]
    assert keys([seen(3, guid="twin"), new], known) == [key("https://h/3.mp3"), key("https://h/2.mp3")]


def test_one_guid_for_all_in_a_window_of_one() -> None:
    """A news show whose feed has the last edition alone, always under one guid: each is an episode of its own."""
    known = memory_of([seen(1, guid="news")])

    assert keys([seen(2, guid="news")], known) == [key("https://h/2.mp3")]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "No. 1, corrected"},
        {"enclosure": "https://cdn/other.mp3"},
        {"published": DAYS[5]},
        {"link": "https://h/elsewhere"},
        {"title": "No. 1, corrected", "enclosure": "https://cdn/other.mp3"},
        {"title": "No. 1, corrected", "published": DAYS[5]},
        {"enclosure": "https://cdn/other.mp3", "published": DAYS[5]},
    ],
)
def test_an_edited_episode_keeps_its_key(changes: dict[str, str]) -> None:
    """A guid and one more thing that stays show that it is the same episode."""
    known = memory_of([seen(2), seen(1)])

    assert keys([seen(2), seen(1, **changes)], known) == [key("guid-2"), key("guid-1")]


def test_a_show_that_moved_to_another_host_keeps_its_keys() -> None:
    """All guids, enclosures and links are others; titles and dates are not."""
    before = [seen(number) for number in (3, 2, 1)]
    after = [replace(one, guid=f"new-{one.guid}", enclosure=f"https://new/{one.title}", link=None) for one in before]

    assert keys(after, memory_of(before)) == keys(before)
    assert keys(after, memory_of(before, after)) == keys(before)  # and from then on


def test_a_guid_that_changed_with_the_title_is_known_by_the_enclosure() -> None:
    """The same file on the same day is the same episode."""
    known = memory_of([seen(1)])

    assert keys([seen(1, guid="other", title="Another")], known) == [key("guid-1")]


def test_an_enclosure_that_several_episodes_share_shows_nothing() -> None:
    """Some hosts name the episode in the query, which a key leaves out: `play?id=1`."""
    play = "https://h/play"
    known = memory_of([seen(2, enclosure=play, published=DAYS[1]), seen(1, enclosure=play)])

    found = keys([seen(3, enclosure=play, published=DAYS[1])], known)

    assert found == [key("guid-3")]


def test_what_gets_a_guid_later_keeps_the_key_of_its_enclosure() -> None:
    """A publisher's new software writes guids, for the old episodes too."""
    known = memory_of([seen(1, guid=None)])

    assert keys([seen(1)], known) == [key("https://h/1.mp3")]


def test_an_episode_that_comes_back_has_its_key() -> None:
    """Some feeds show an old episode again months later."""
    known = memory_of([seen(1)], [seen(2)])

    assert keys([seen(1), seen(3)], known) == [key("guid-1"), key("guid-3")]


def test_a_lost_memory_falls_back_to_what_the_feed_says() -> None:
    """Without `data_dir` the keys are those of a first sight, which is right for all but the cases above."""
    feed = [seen(2), seen(1)]

    assert keys(feed, []) == keys(feed, memory_of(feed))


PARTS = st.builds(
    Identity,
    key=st.just(""),
    guid=st.sampled_from([None, "a", "b"]),
    enclosure=st.sampled_from([None, "https://h/1", "https://h/2"]),
    link=st.sampled_from([None, "https://h/"]),
    title=st.sampled_from(["One", "Two"]),
    published=st.sampled_from([None, DAYS[1], DAYS[2]]),
)
FEEDS = st.lists(PARTS, max_size=8)


@settings(max_examples=examples(60))
@given(FEEDS, FEEDS, FEEDS)
def test_keys_are_unique(first: list[Identity], second: list[Identity], third: list[Identity]) -> None:
    """Whatever a feed was before, each of its episodes has a key of its own, and no two notes are one."""
    found = keys(third, memory_of(first, second))

    assert len(set(found)) == len(third)


@settings(max_examples=examples(60))
@given(FEEDS, FEEDS)
def test_a_feed_that_did_not_change_gives_the_same_keys(before: list[Identity], feed: list[Identity]) -> None:
    """Also where nothing tells its items apart; whatever it was before."""
    known = memory_of(before, feed)

    assert keys(feed, known) == keys(feed, memory_of(before))


def formula(feed: Sequence[Identity]) -> list[str]:
    """Keys as DESIGN.md has them, written down a second time: oldest first, then the later in the document."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    for place in sorted(range(len(feed)), key=lambda place: (feed[place].published or "9", -place)):
        one = feed[place]
        last = f"{one.title}\n{one.published or ''}"
        names = [one.guid, one.enclosure, one.link, last, *(f"{last}\n{number}" for number in range(2, 10))]
        name = next(name for name in names if name and name not in taken)
        taken.add(name)
        found[place] = key(name)
    return [found[place] for place in range(len(feed))]


@settings(max_examples=examples(60))
@given(FEEDS)
def test_without_memory_a_key_is_the_published_formula(feed: list[Identity]) -> None:
    """Others compute it: guid, else the enclosure without its query, else the link, else title and date."""
    assert keys(feed) == formula(feed)


@st.composite
def shows(draw: st.DrawFn) -> list[Identity]:
    """Different episodes, newest first: each has a file, a title and a day of its own; guids and links are shared."""
    guids = st.sampled_from([None, "twin", "other"]) | st.just("own")
    numbers = range(draw(st.integers(2, 12)), 0, -1)
    return [
        seen(
            number,
            guid=f"guid-{number}" if (guid := draw(guids)) == "own" else guid,
            link=draw(st.sampled_from([None, "https://h/"])),
            published=DAYS[number] if draw(st.booleans()) else None,
        )
        for number in numbers
    ]


@settings(max_examples=examples(60))
@given(shows(), st.integers(1, 4), st.data())
def test_a_window_that_slides_hands_no_key_to_another_episode(
    show: list[Identity], width: int, data: st.DataObject
) -> None:
    """The worst that could happen: the words of one episode over the note of another."""
    known: dict[str, Identity] = {}
    owners: dict[str, str | None] = {}
    end = len(show)
    while end > 0:
        window = show[max(0, end - width) : end]
        for identity in identified("rivers", window, list(known.values())):
            assert owners.setdefault(identity.key, identity.title) == identity.title
            known[identity.key] = identity
        end -= data.draw(st.integers(1, width))
