"""The shelf between `feed` and the other assets: what was put is taken, and what is missing says what to do."""

import logging
import re
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.episodes import EpisodeShelf, Identity
from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.models import Offer, Person
from inkwell_pipeline_tests.builders import episode

TEXT = st.text(st.characters(codec="utf-8"))  # XML has no surrogates


def file_of(data_dir: Path, key: str, feed: str = "rivers") -> Path:
    return data_dir / "episodes" / feed / f"{key}.json"


@given(
    title=TEXT,
    show_notes=TEXT,
    published=st.none() | st.datetimes(timezones=st.just(UTC)),
    persons=st.lists(st.builds(Person, name=TEXT, role=TEXT), max_size=2).map(tuple),
    offers=st.lists(st.builds(Offer, url=TEXT, media_type=TEXT, language=st.none() | TEXT), max_size=2).map(tuple),
)
@settings(max_examples=40, deadline=None)
async def test_an_episode_comes_back_as_the_feed_described_it(**said: object) -> None:
    """Titles with every character, dates to the microsecond, and None where the feed is silent."""
    with TemporaryDirectory() as data_dir:
        put = episode(**said)
        await EpisodeShelf(Path(data_dir)).put([put])

        assert await EpisodeShelf(Path(data_dir)).take("rivers", [put.key]) == [put]


async def test_episodes_are_taken_in_the_order_asked(tmp_path: Path) -> None:
    """An asset goes by its manifest, not by what the folder happens to list."""
    shelf = EpisodeShelf(tmp_path)
    one, two, three = (episode(key=key * 16) for key in "abc")
    await shelf.put([one, two, three])

    assert await shelf.take("rivers", [three.key, one.key, two.key, one.key]) == [three, one, two, one]
    assert await shelf.take("rivers", []) == []


async def test_feeds_do_not_share_a_shelf(tmp_path: Path) -> None:
    """Equal keys of two feeds are two episodes."""
    shelf = EpisodeShelf(tmp_path)
    ours, theirs = episode(title="Ours"), episode(feed="lakes", title="Theirs")
    await shelf.put([ours, theirs])

    assert await shelf.take("rivers", [ours.key]) == [ours]
    assert await shelf.take("lakes", [theirs.key]) == [theirs]


async def test_an_episode_that_changed_is_taken_as_it_is_now(tmp_path: Path) -> None:
    """A publisher mends a title or adds a transcript days later."""
    shelf = EpisodeShelf(tmp_path)
    await shelf.put([episode(title="The guage")])
    await shelf.put([episode(title="The gauge")])

    (taken,) = await shelf.take("rivers", [episode().key])

    assert taken.title == "The gauge"


async def test_an_episode_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    """A feed of a thousand episodes is polled every half an hour: the file stays the very same."""
    shelf = EpisodeShelf(tmp_path)
    await shelf.put([episode()])
    before = file_of(tmp_path, episode().key).stat()

    await shelf.put([episode()])

    assert file_of(tmp_path, episode().key).stat() == before


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b'{"key": "01234', b"\xff", episode().model_dump_json().encode()[:-20]],
    ids=["missing", "empty", "foreign", "cut", "no UTF-8", "cut later"],
)
async def test_a_missing_or_damaged_episode_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    """The feed has it still: one line names the feed, the file, and the asset to materialise."""
    path = file_of(tmp_path, episode().key)
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(content)

    with pytest.raises(PermanentError, match=f"^feed rivers: {re.escape(str(path))} .*materialise the asset `feed`"):
        await EpisodeShelf(tmp_path).take("rivers", [episode().key])


async def test_an_episode_that_cannot_be_read_is_worth_another_try(tmp_path: Path) -> None:
    """Trouble of the machine is not damage; the line names the file."""
    path = file_of(tmp_path, episode().key)
    path.mkdir(parents=True)

    with pytest.raises(TransientError, match=re.escape(str(path))):
        await EpisodeShelf(tmp_path).take("rivers", [episode().key])


async def test_an_episode_that_cannot_be_kept_is_an_error_with_the_path(tmp_path: Path) -> None:
    """The asset `feed` fails there and then, and not the next one, which could not know why."""
    path = file_of(tmp_path, episode().key)
    path.parent.parent.mkdir()
    path.parent.touch()

    with pytest.raises(TransientError, match=re.escape(str(path))):
        await EpisodeShelf(tmp_path).put([episode()])


SEEN = [
    Identity("a" * 16, guid="g-1", title="One"),
    Identity("b" * 16, enclosure="https://h/2.mp3", title="Zwölf\u2028"),
]


async def test_what_was_seen_is_known(tmp_path: Path) -> None:
    """Each feed's for itself, in order; before a first run nothing is."""
    shelf = EpisodeShelf(tmp_path)

    assert await shelf.known("rivers") == []
    await shelf.remember("rivers", SEEN)
    assert await EpisodeShelf(tmp_path).known("rivers") == SEEN
    assert await shelf.known("lakes") == []


async def test_what_was_seen_once_stays_known(tmp_path: Path) -> None:
    """An episode that left the feed keeps its key; one that is described anew is known by that."""
    shelf, mended = EpisodeShelf(tmp_path), replace(SEEN[1], title="Twelve")
    await shelf.remember("rivers", SEEN)

    await shelf.remember("rivers", [mended])

    assert await shelf.known("rivers") == [mended, SEEN[0]]


async def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    """A feed is read every half hour."""
    shelf, path = EpisodeShelf(tmp_path), tmp_path / "identities" / "rivers.jsonl"
    await shelf.remember("rivers", SEEN)
    before = path.stat()

    await shelf.remember("rivers", SEEN)

    assert path.stat() == before


async def test_a_damaged_line_is_left_out_and_said(tmp_path: Path, log_lines: "SimpleQueue[logging.LogRecord]") -> None:
    """It costs one episode its memory, and no run: the key is then made of what the feed says."""
    await EpisodeShelf(tmp_path).remember("rivers", SEEN)
    path = tmp_path / "identities" / "rivers.jsonl"
    path.write_bytes(b'{"key": 7}\n\xff\n{"key": "x", "more": 1}\n[]\n' + path.read_bytes()[:-9])

    assert await EpisodeShelf(tmp_path).known("rivers") == SEEN[:1]
    assert f"rivers: 5 lines of {path} are damaged" in log_lines.get().getMessage()


async def test_an_episode_that_is_not_there_is_found_as_none(tmp_path: Path) -> None:
    """For those who can do without; in the order asked."""
    shelf = EpisodeShelf(tmp_path)
    await shelf.put([episode()])

    assert await shelf.find("rivers", ["f" * 16, episode().key]) == [None, episode()]
