"""The files of chapters that a feed names: asked for once, and never the reason why an episode fails."""

import json
import logging
from pathlib import Path
from queue import SimpleQueue

import pytest

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.feed import choose_episodes
from inkwell_pipeline.http import Http
from inkwell_pipeline.metering import Counters, counting
from inkwell_pipeline.models import Episode
from inkwell_pipeline.settings import Auth, FeedSettings
from inkwell_pipeline_tests.builders import desk_at
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss

CHAPTERS = json.dumps(
    {"version": "1.2.0", "chapters": [{"startTime": 0, "title": "The gauge", "url": "gauge"}]}
).encode()
NOTES = "0:00 From the notes\n1:00 Another"


def item(number: int, address: str, *, notes: str = NOTES) -> Item:
    more = f'<podcast:chapters url="{address}" type="application/json+chapters"/>'
    return Item(f"Episode {number}", f"g-{number}", f"{number} Feb 2024 09:00:00 GMT", show_notes=notes, more=more)


async def run(
    feed: FeedSettings, http: Http, folder: Path, *, newest: int | None = None
) -> tuple[list[Episode], Counters]:
    """What a run of the feed has on the shelf, and what it looked up."""
    shelf = EpisodeShelf(folder)
    with counting() as counted:
        report = await choose_episodes(
            feed, run_id="run-1", newest=newest, wanted=(), desk=desk_at(folder, http), limit=2
        )
    assert not report.manifest.failures
    return await shelf.take(feed.name, report.manifest.keys), counted


def lines(log_lines: "SimpleQueue[logging.LogRecord]") -> list[str]:
    found = []
    while not log_lines.empty():
        record = log_lines.get()
        if record.levelno >= logging.WARNING:
            found.append(record.getMessage())
    return found


async def test_the_chapters_of_the_chosen_episodes_are_fetched(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """Theirs alone: a feed names thousands. They come before those in the show notes, links relative to the file."""
    host.publish("/c/2.json", CHAPTERS)
    source = host.publish("/feed.xml", rss("Rivers", item(2, "c/2.json"), item(1, "c/1.json")))

    (episode,), counted = await run(FeedSettings("rivers", source, newest=1), http, tmp_path)

    assert [(chapter.title, chapter.url) for chapter in episode.chapters] == [("The gauge", host.url("/c/gauge"))]
    assert (episode.chapters_from, host.asked) == ("json", ["/feed.xml", "/c/2.json"])
    assert (counted.cache_hits, counted.cache_misses) == (0, 1)


async def test_what_the_shelf_has_is_not_asked_for_again(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """A feed is read every half hour; the look-up counts as one that was met."""
    host.publish("/1.json", CHAPTERS)
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", item(1, "1.json"))))
    first, _ = await run(feed, http, tmp_path)

    second, counted = await run(feed, http, tmp_path)

    assert second == first
    assert host.asked.count("/1.json") == 1
    assert (counted.cache_hits, counted.cache_misses) == (1, 0)


async def test_another_address_is_another_file(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """A publisher who edits chapters gives them a new one."""
    host.publish("/1.json", CHAPTERS)
    host.publish("/1b.json", CHAPTERS.replace(b"The gauge", b"The flood"))
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", item(1, "1.json"))))
    await run(feed, http, tmp_path)
    host.publish("/feed.xml", rss("Rivers", item(1, "1b.json")))

    (episode,), _ = await run(feed, http, tmp_path)

    assert [chapter.title for chapter in episode.chapters] == ["The flood"]


@pytest.mark.parametrize("body", [None, b"<html>", b'{"chapters": []}', b"x" * 2_000_001])
async def test_a_file_that_is_of_no_use_is_a_warning(
    body: bytes | None, host: PodcastHost, http: Http, tmp_path: Path, log_lines: "SimpleQueue[logging.LogRecord]"
) -> None:
    """Missing, no JSON, empty, too large: the episode goes on with the chapters that stand in its feed."""
    if body is not None:
        host.publish("/1.json", body)
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", item(1, "1.json?token=secret"))))

    (episode,), _ = await run(feed, http, tmp_path)

    (line,) = lines(log_lines)
    assert line.startswith("Episode 1: its chapters cannot be read (")
    assert line.endswith(f"; those from show notes stand in) [{host.url('/1.json')}?…]")
    assert ([chapter.title for chapter in episode.chapters], episode.chapters_from) == (
        ["From the notes", "Another"],
        "show notes",
    )


async def test_a_file_that_failed_is_asked_for_by_the_next_run(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """What stood in does not stay for good."""
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", item(1, "1.json"))))
    await run(feed, http, tmp_path)
    host.publish("/1.json", CHAPTERS)

    (episode,), _ = await run(feed, http, tmp_path)

    assert episode.chapters_from == "json"


async def test_a_file_s_feed_has_its_chapters_beside_it(http: Http, tmp_path: Path) -> None:
    """As with its transcripts; the bundled sample is one."""
    show = tmp_path / "show"
    (show / "c").mkdir(parents=True)
    (show / "c" / "1.json").write_bytes(CHAPTERS)
    (tmp_path / "secret.json").write_bytes(CHAPTERS)
    (show / "feed.xml").write_bytes(rss("Rivers", item(2, "c/1.json"), item(1, "../secret.json")))

    (inside, outside), _ = await run(FeedSettings("rivers", show / "feed.xml"), http, tmp_path / "data")

    assert (inside.chapters_from, outside.chapters_from, outside.chapters_url) == ("json", "show notes", None)


async def test_a_secret_goes_to_the_feed_s_own_host_alone(
    host: PodcastHost, http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chapters may lie on anybody's host."""
    monkeypatch.setenv("RIVERS_TOKEN", "t0ken")
    other = host.url("/2.json").replace("localhost", "127.0.0.1")
    host.publish("/1.json", CHAPTERS)
    host.publish("/2.json", CHAPTERS)
    source = host.publish("/feed.xml", rss("Rivers", item(2, other), item(1, "1.json")))

    episodes, _ = await run(FeedSettings("rivers", source, auth=Auth(bearer_env="RIVERS_TOKEN")), http, tmp_path)

    assert [episode.chapters_from for episode in episodes] == ["json", "json"]
    assert (host.authorizations["/1.json"], host.authorizations["/2.json"]) == ("Bearer t0ken", None)


async def test_an_episode_that_names_no_file_is_not_looked_up(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """The hit rate is about what there was to find."""
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", Item("One", show_notes=NOTES))))

    (episode,), counted = await run(feed, http, tmp_path)

    assert (episode.chapters_from, counted.cache_hits, counted.cache_misses) == ("show notes", 0, 0)
