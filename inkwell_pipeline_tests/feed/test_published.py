"""The asset `feed` without Dagster: records for the next asset, the episodes on their shelf."""

import logging
from pathlib import Path
from queue import SimpleQueue

import pytest

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed import choose_episodes
from inkwell_pipeline.http import Http
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline_tests.builders import desk_at
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss

DATES = [f"{day} Feb 2024 09:00:00 GMT" for day in (28, 27, 26)]


@pytest.fixture
def rivers(host: PodcastHost) -> FeedSettings:
    """A feed of three episodes and a post, two to look at by its config."""
    items = [Item(f"Episode {3 - place}", f"g-{3 - place}", date) for place, date in enumerate(DATES)]
    source = host.publish("/feed.xml", rss("Rivers", Item("A post", audio=None), *items))
    return FeedSettings(name="rivers", source=source, newest=2)


async def chosen(
    feed: FeedSettings, http: Http, folder: Path, *, newest: int | None = None, wanted: tuple[str, ...] = ()
) -> Report:
    return await choose_episodes(feed, run_id="run-1", newest=newest, wanted=wanted, desk=desk_at(folder, http))


def shelved(folder: Path) -> dict[str, int]:
    """The shelf's files and their inodes, which a rewrite changes."""
    kept = [*folder.glob("episodes/*/*.json"), *folder.glob("identities/*.jsonl")]
    return {path.name: path.stat().st_ino for path in kept}


async def test_the_newest_become_records(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """As many as the config says, newest first, under the run and the show's title."""
    report = await chosen(rivers, http, tmp_path)

    manifest = report.manifest
    assert (manifest.asset, manifest.feed, manifest.run_id, manifest.show) == ("feed", "rivers", "run-1", "Rivers")
    assert [record.title for record in manifest.records] == ["Episode 3", "Episode 2"]
    assert report.given == 2


async def test_a_run_may_ask_for_more_than_the_config(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """`newest` in the run config is for this run."""
    report = await chosen(rivers, http, tmp_path, newest=3)

    assert len(report.manifest.records) == 3


async def test_a_wanted_episode_is_the_only_one(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """Naming an episode means that one, not that one as well."""
    report = await chosen(rivers, http, tmp_path, wanted=("g-1",))

    assert [record.title for record in report.manifest.records] == ["Episode 1"]


async def test_an_unknown_wanted_episode_fails_the_feed(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """No episode is put on the shelf for a request that cannot be met."""
    with pytest.raises(PermanentError, match="'g-9'"):
        await chosen(rivers, http, tmp_path, wanted=("g-9",))
    assert not [name for name in shelved(tmp_path) if not name.endswith(".jsonl")]


async def test_the_chosen_episodes_lie_on_the_shelf(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """A manifest names keys; what the feed said of them is read from here by the assets after it."""
    report = await chosen(rivers, http, tmp_path)

    episodes = await EpisodeShelf(tmp_path).take("rivers", report.manifest.keys)

    assert [(episode.title, episode.guid, episode.show) for episode in episodes] == [
        ("Episode 3", "g-3", "Rivers"),
        ("Episode 2", "g-2", "Rivers"),
    ]


async def test_what_is_in_the_feed_is_counted(rivers: FeedSettings, http: Http, tmp_path: Path) -> None:
    """How many there are to choose from, and how many items were none, so that nothing vanishes unseen."""
    report = await chosen(rivers, http, tmp_path)

    assert dict(report.figures) == {"in_feed": 3, "not_episodes": 1}


async def test_an_episode_that_has_not_changed_is_not_written_again(
    rivers: FeedSettings, http: Http, tmp_path: Path
) -> None:
    """A feed is read every half hour, and changes once a week."""
    await chosen(rivers, http, tmp_path)
    before = shelved(tmp_path)

    await chosen(rivers, http, tmp_path)

    assert shelved(tmp_path) == before
    assert len(before) == 3  # two episodes, and what is known of all


async def test_a_key_outlives_the_feed_s_window(host: PodcastHost, http: Http, tmp_path: Path) -> None:
    """Of two items with one guid the older leaves: the newer one does not take over its note."""
    old = Item("Old", "twin", DATES[2], "https://h/old.mp3")
    new = Item("New", "twin", DATES[1], "https://h/new.mp3")
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", new, old)))
    first = await chosen(feed, http, tmp_path)
    host.publish("/feed.xml", rss("Rivers", new))

    second = await chosen(feed, http, tmp_path)

    assert second.manifest.keys == first.manifest.keys[:1]


async def test_a_show_that_moves_to_another_host_is_the_same_show(
    host: PodcastHost, http: Http, tmp_path: Path
) -> None:
    """Other guids, other addresses: nobody wants each note a second time."""
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", *shows("old"))))
    first = await chosen(feed, http, tmp_path)
    host.publish("/feed.xml", rss("Rivers", *shows("new")))

    second = await chosen(feed, http, tmp_path)

    assert second.manifest.keys == first.manifest.keys
    (episode, *_) = await EpisodeShelf(tmp_path).take("rivers", second.manifest.keys)
    assert (episode.guid, episode.audio_url) == ("new-0", "https://new/0.mp3")


async def test_without_its_memory_a_feed_s_keys_are_those_of_a_first_run(
    host: PodcastHost, http: Http, tmp_path: Path
) -> None:
    """`data_dir` may be deleted: what the feed says of itself is enough."""
    feed = FeedSettings("rivers", host.publish("/feed.xml", rss("Rivers", *shows("old"))))

    first, second = await chosen(feed, http, tmp_path / "a"), await chosen(feed, http, tmp_path / "b")

    assert second.manifest.keys == first.manifest.keys


async def test_a_broken_feed_is_read_and_said_to_be_broken(
    host: PodcastHost, http: Http, tmp_path: Path, log_lines: "SimpleQueue[logging.LogRecord]"
) -> None:
    """What a download that broke off has is better than nothing, and whoever reads the log knows."""
    body = rss("Rivers", Item("One", "g-1"), Item("Two", "g-2"))
    feed = FeedSettings("rivers", host.publish("/feed.xml", body[: body.index(b"g-2")]))

    report = await chosen(feed, http, tmp_path)

    assert [record.title for record in report.manifest.records] == ["One"]
    assert "Rivers: the feed's XML is broken; it was read as far as it goes" in [
        log_lines.get().getMessage() for _ in range(log_lines.qsize())
    ]


def shows(name: str) -> list[Item]:
    return [
        Item(f"Episode {place}", f"{name}-{place}", date, f"https://{name}/{place}.mp3")
        for place, date in enumerate(DATES)
    ]
