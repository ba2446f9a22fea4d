"""The sensors as Dagster calls them: real ticks, a real instance, real runs of what they ask for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.podcasts import podcast_key
from inkwell_pipeline.errors import ConfigError, PermanentError, TransientError
from inkwell_pipeline.settings import Auth, FeedSettings, Settings
from inkwell_pipeline_tests.builders import vtt
from inkwell_pipeline_tests.defs.runs import instance_at, settings_for
from inkwell_pipeline_tests.defs.watched import Watched
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss
from inkwell_pipeline_tests.fakes.time import FakeTime

PATH = "/feed.xml"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_at(tmp_path) as opened:
        yield opened


@pytest.fixture
def rivers(host: PodcastHost, instance: dg.DagsterInstance, tmp_path: Path, time: FakeTime) -> Iterator[Watched]:
    """A feed that begins with two episodes, at a time of our own. Episodes 1 to 3 are published."""
    publish(host, 1, 2, 3)
    feed = FeedSettings("rivers", host.url(PATH), newest=2, watch=True)
    watched = Watched(settings_for(tmp_path, feed), instance, clock=time.now)
    yield watched
    watched.close()


def publish(host: PodcastHost, *numbers: int, **offers: str) -> None:
    """The feed has these episodes, newest first; of `offers`, `e2="/2.vtt"` offers a transcript of episode 2."""
    items = [
        Item(
            f"Episode {number}",
            guid=f"g{number}",
            date=f"{number:02} Mar 2024 09:00:00 GMT",
            transcripts=((host.url(offers[f"e{number}"]), "text/vtt"),) if f"e{number}" in offers else (),
        )
        for number in sorted(numbers, reverse=True)
    ]
    host.publish(PATH, rss("Rivers", *items), "application/rss+xml")


def titles(watched: Watched) -> list[str]:
    return [name.partition(" ")[2] for name in watched.notes]


def test_new_episodes_become_notes(rivers: Watched, host: PodcastHost) -> None:
    """A feed begins with its newest; then each new one comes, once, and in between nothing is asked for."""
    rivers.carry_out("rivers", rivers.tick("rivers"))
    assert titles(rivers) == ["Episode 2", "Episode 3"]
    assert rivers.tick("rivers").skipped == "unchanged since 12:00 UTC"

    publish(host, 1, 2, 3, 4, 5)
    assert rivers.carry_out("rivers", rivers.tick("rivers")) == [True]
    assert titles(rivers) == ["Episode 2", "Episode 3", "Episode 4", "Episode 5"]
    assert not rivers.tick("rivers").requests


def test_a_request_says_what_dagster_wants_to_know(rivers: Watched) -> None:
    """Partition, run key with its attempt, the episodes' keys; and it is a config that Dagster takes."""
    (request,) = rivers.tick("rivers").requests

    assert request.partition_key == "rivers"
    assert request.run_key is not None
    assert request.run_key.endswith("-attempt-1")
    config = request.run_config["ops"]["feed"]["config"]
    assert list(config) == ["episodes"]
    assert len(config["episodes"]) == 2


def test_a_run_that_a_sensor_asks_for_does_not_ask_the_host_again(rivers: Watched, host: PodcastHost) -> None:
    """The tick has just done so; and a host that shows an older feed to the next one loses nothing."""
    tick = rivers.tick("rivers")
    publish(host, 1)  # another node of the host's network, which has not heard of the new ones

    assert rivers.carry_out("rivers", tick) == [True]
    assert host.asked.count(PATH) == 1
    assert titles(rivers) == ["Episode 2", "Episode 3"]


def test_an_episode_that_has_left_the_feed_before_its_run_is_noted(rivers: Watched, host: PodcastHost) -> None:
    """A window of few items, a queue of hours: what was due once is kept, whole."""
    rivers.tick("rivers")  # asked for, and never begun
    publish(host, 4, 5)
    rivers.restart()

    for _ in range(3):
        rivers.carry_out("rivers", rivers.tick("rivers"))
    assert titles(rivers) == ["Episode 2", "Episode 3", "Episode 4", "Episode 5"]


def test_what_a_tick_has_read_is_due_though_the_tick_was_cut_short(rivers: Watched, host: PodcastHost) -> None:
    """A body that counts as read is not read again: what was new in it is remembered before, and may leave the feed."""
    rivers.carry_out("rivers", rivers.tick("rivers"))
    publish(host, 4, 5)
    rivers.watch.asked(rivers.settings.feeds["rivers"])  # and no further
    publish(host, 6, 7)
    rivers.restart()

    for _ in range(3):
        rivers.carry_out("rivers", rivers.tick("rivers"))
    assert titles(rivers) == [f"Episode {number}" for number in (2, 3, 4, 5, 6, 7)]


def test_what_a_run_by_hand_has_read_is_due(rivers: Watched, host: PodcastHost) -> None:
    """It makes the newest alone; the others are due, also where the feed has them no more at the next tick."""
    rivers.carry_out("rivers", rivers.tick("rivers"))
    publish(host, 4, 5, 6, 7)
    assert rivers.run("rivers")
    publish(host, 8)

    for _ in range(3):
        rivers.carry_out("rivers", rivers.tick("rivers"))
    assert titles(rivers) == [f"Episode {number}" for number in (2, 3, 4, 5, 6, 7, 8)]


def test_an_episode_that_nobody_has_any_more_costs_no_other_its_note(rivers: Watched, host: PodcastHost) -> None:
    """It has left the feed, and somebody has tidied up `episodes`: it fails by itself."""
    lost = rivers.tick("rivers").episodes[0]
    publish(host, 3, 4)
    (rivers.settings.data_dir / "episodes" / "rivers" / f"{lost}.json").unlink()

    tick = rivers.tick("rivers")
    assert lost in tick.episodes
    assert rivers.carry_out("rivers", tick) == [False]
    skipped = rivers.carry_out("rivers", rivers.tick("rivers"))
    assert skipped == [True]
    assert titles(rivers) == ["Episode 3", "Episode 4"]


def test_what_is_being_worked_on_is_left_alone(rivers: Watched, instance: dg.DagsterInstance) -> None:
    """An unfinished run of the sensor's own, and why there is no other."""
    (request,) = rivers.tick("rivers").requests
    queue(instance, request)

    tick = rivers.tick("rivers")
    assert tick.requests == ()
    assert tick.skipped == "unchanged since 12:00 UTC; 2 episodes are being worked on"


def queue(instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.DagsterRun:
    """The run, as the daemon makes it, not begun."""
    tags = {**request.tags, "dagster/partition": request.partition_key or "", "dagster/run_key": request.run_key or ""}
    waiting = dg.DagsterRunStatus.NOT_STARTED
    made: dg.DagsterRun = create_run_for_test(instance, run_config=dict(request.run_config), status=waiting, tags=tags)
    return made


def by_hand(instance: dg.DagsterInstance, *, run_config: Any = None) -> dg.DagsterRun:
    """A run that somebody has started in the UI."""
    started = dg.DagsterRunStatus.STARTED
    tags = {"dagster/partition": "rivers"}
    made: dg.DagsterRun = create_run_for_test(instance, run_config=run_config or {}, status=started, tags=tags)
    return made


def test_a_run_by_hand_of_the_newest_is_waited_for(rivers: Watched, instance: dg.DagsterInstance) -> None:
    """Until it has said which those are, its episodes might be asked for twice. Other feeds' runs do not count."""
    create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "lakes"})
    run = by_hand(instance)
    assert rivers.tick("rivers").skipped == "read now: it has nothing that is due; a run of this feed is under way"

    instance.report_run_failed(run)
    assert len(rivers.tick("rivers").episodes) == 2


def test_a_run_by_hand_of_one_episode_leaves_the_others(rivers: Watched, instance: dg.DagsterInstance) -> None:
    """It says in its config on what it works."""
    one, other = rivers.tick("rivers").episodes
    by_hand(instance, run_config={"ops": {"feed": {"config": {"episodes": [one]}}}})

    assert rivers.tick("rivers").episodes == [other]


def test_a_killed_run_is_made_good_after_a_delay(rivers: Watched, instance: dg.DagsterInstance, time: FakeTime) -> None:
    """It is over without a word; the episodes have failed, and are due again."""
    (request,) = rivers.tick("rivers").requests
    instance.report_run_failed(queue(instance, request))

    skipped = rivers.tick("rivers").skipped
    assert skipped is not None
    assert "2 that failed are due again at " in skipped
    time.moment = later(hours=2)
    (again,) = rivers.tick("rivers").requests
    assert again.run_key != request.run_key
    assert rivers.carry_out("rivers", rivers.tick("rivers")) == [True]
    assert titles(rivers) == ["Episode 2", "Episode 3"]


def later(**span: float) -> datetime:
    """After a run's end, which Dagster has by the machine's clock."""
    return datetime.now(UTC) + timedelta(**span)


def test_what_fails_five_times_is_given_up_until_asked_for_by_hand(
    rivers: Watched, host: PodcastHost, time: FakeTime
) -> None:
    """The others get their notes at once; nothing is asked for for ever; and the tick says so."""
    publish(host, 2, 3, e3="/3.vtt")  # which is not there
    outcomes = []
    for _ in range(8):
        outcomes += rivers.carry_out("rivers", rivers.tick("rivers"))
        time.moment += timedelta(days=2)
    assert outcomes == [False] * 5
    assert titles(rivers) == ["Episode 2"]
    skipped = rivers.tick("rivers").skipped
    assert skipped is not None
    assert skipped.endswith("; 1 episode is given up until asked for by hand")

    host.publish("/3.vtt", vtt(), "text/vtt")
    assert not rivers.tick("rivers").requests
    assert rivers.run("rivers", config={"ops": {"feed": {"config": {"episodes": ["Episode 3"]}}}})
    assert titles(rivers) == ["Episode 2", "Episode 3"]
    assert rivers.tick("rivers").skipped == skipped.partition(";")[0]


def test_a_note_without_a_transcript_is_made_anew_when_one_is_offered(rivers: Watched, host: PodcastHost) -> None:
    """Days after the episode, as many publishers do it; once."""
    rivers.carry_out("rivers", rivers.tick("rivers"))
    assert "inkwell_transcript: none" in rivers.notes["2024-03-03 Episode 3"].read_text()

    host.publish("/3.vtt", vtt(), "text/vtt")
    publish(host, 1, 2, 3, e3="/3.vtt")
    tick = rivers.tick("rivers")
    assert len(tick.episodes) == 1
    assert rivers.carry_out("rivers", tick) == [True]
    assert "inkwell_transcript: publisher" in rivers.notes["2024-03-03 Episode 3"].read_text()
    assert not rivers.tick("rivers").requests


@pytest.mark.parametrize("status", [404, 500])
def test_a_host_that_cannot_be_had_makes_the_tick_red(rivers: Watched, host: PodcastHost, status: int) -> None:
    """With our line, one request, and nothing else lost."""
    host.statuses[PATH] = status

    with pytest.raises((PermanentError, TransientError), match=rf"feed rivers: the host answers {status} \[http"):
        rivers.tick("rivers")
    assert host.asked == [PATH]

    del host.statuses[PATH]
    assert len(rivers.tick("rivers").episodes) == 2


def test_what_is_due_is_asked_for_also_while_the_host_is_out_of_order(rivers: Watched, host: PodcastHost) -> None:
    """Transcripts lie elsewhere, and what is due is known."""
    rivers.tick("rivers")
    host.statuses[PATH] = 500

    assert rivers.carry_out("rivers", rivers.tick("rivers")) == [True]
    assert titles(rivers) == ["Episode 2", "Episode 3"]


def test_a_missing_secret_makes_the_tick_red(
    rivers: Watched, host: PodcastHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in one feed's config is that sensor's alone."""
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    private = FeedSettings("private", host.url(PATH), auth=Auth(bearer_env="NO_SUCH_TOKEN"))
    rivers.settings = Settings(**{**vars(rivers.settings), "feeds": {**rivers.settings.feeds, "private": private}})
    rivers.close()
    rivers.restart()

    with pytest.raises(ConfigError, match="feed private: the environment variable NO_SUCH_TOKEN"):
        rivers.tick("private")
    assert rivers.tick("rivers").requests


def test_a_missing_key_of_a_model_makes_the_tick_red(
    rivers: Watched, host: PodcastHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the host is asked; runs would fail of it one after the other, until their episodes were given up."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    feed = replace(rivers.settings.feeds["rivers"], model="anthropic:claude-haiku-4-5")
    rivers.settings = replace(rivers.settings, feeds={"rivers": feed})
    rivers.close()
    rivers.restart()

    with pytest.raises(ConfigError, match="there is no key for anthropic"):
        rivers.tick("rivers")
    assert host.asked == []

    monkeypatch.setenv("ANTHROPIC_API_KEY", "x")
    assert rivers.tick("rivers").requests


def test_a_host_that_asks_to_wait_is_not_asked(rivers: Watched, host: PodcastHost, time: FakeTime) -> None:
    """By sensors and by runs, also after a restart; from the moment that it named on it is."""
    host.statuses[PATH], host.retry_after[PATH] = 429, "3600"
    assert rivers.tick("rivers").skipped == "the host asks to wait until 13:00 UTC"
    del host.statuses[PATH]
    rivers.close()
    rivers.restart()

    assert rivers.tick("rivers").skipped == "the host asks to wait until 13:00 UTC"
    assert not rivers.run("rivers")
    assert host.asked == [PATH]
    time.moment += timedelta(hours=1)
    assert len(rivers.tick("rivers").episodes) == 2


def test_a_feed_that_has_ended_is_not_asked_again(rivers: Watched, host: PodcastHost) -> None:
    """The tick says since when, and what to do."""
    host.statuses[PATH] = 410

    for _ in range(2):
        skipped = rivers.tick("rivers").skipped
        assert skipped is not None
        assert skipped.startswith("the feed has ended: its host answered 410 at 12:00 UTC; take it out")
    assert host.asked == [PATH]


def test_sensors_are_named_after_their_feeds_and_begin_as_the_config_says(tmp_path: Path) -> None:
    """`watch: true` runs from the start; `poll_minutes` is the interval, of seconds at least."""
    settings = settings_for(
        tmp_path,
        FeedSettings("the-rivers", "https://example.com/1", watch=True, poll_minutes=0.05),
        FeedSettings("lakes", "https://example.com/2"),
    )
    sensors = {
        sensor.name: (sensor.default_status, sensor.minimum_interval_seconds)
        for sensor in build_defs(settings).sensors or ()
        if isinstance(sensor, dg.SensorDefinition)
    }
    assert sensors == {
        "the_rivers_new_episodes": (dg.DefaultSensorStatus.RUNNING, 3),
        "lakes_new_episodes": (dg.DefaultSensorStatus.STOPPED, 1800),
    }


def test_the_page_of_a_podcast_shows_where_its_episodes_stand(
    rivers: Watched, host: PodcastHost, instance: dg.DagsterInstance
) -> None:
    """A table with states, reasons and audio, the newest note as text and link, numbers that plot, the check."""
    publish(host, 1, 2, 3, e3="/3.vtt")
    rivers.carry_out("rivers", rivers.tick("rivers"))

    page = last_page(instance)
    third, second = (dict(row.data) for row in page["episodes_of_the_feed"].records)
    assert third["state"].startswith("waiting until 2024-04-01 12:10")
    assert "the host answers 404" in third["why"]
    assert third["what to do"].startswith("tell the publisher, or put a transcript at ")
    assert (second["episode"], second["state"], second["why"]) == ("Episode 2", "without transcript", "")
    assert second["note"] == "Podcasts/Rivers/2024-03-02 Episode 2.md"
    assert "| Episode 2 | [audio](https://example.com/audio.mp3) |" in str(page["links"].value)
    assert (page["waiting"].value, page["without_transcript"].value) == (1, 1)
    assert "[Listen](https://example.com/audio.mp3)" in str(page["preview"].value)
    assert str(page["open_newest_note"].value).startswith("obsidian://open?path=%2F")
    assert freshness(instance) == (True, "its newest episode is of 2024-03-03; too few to tell its habit")


def last_page(instance: dg.DagsterInstance) -> dict[str, Any]:
    records = instance.fetch_observations(podcast_key("rivers"), limit=1).records
    observation = records[0].asset_observation
    assert observation is not None
    return dict(observation.metadata)


def freshness(instance: dg.DagsterInstance) -> tuple[bool, str | None]:
    key = dg.AssetCheckKey(podcast_key("rivers"), "fresh")
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert record.event is not None
    evaluation = record.event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
    return evaluation.passed, evaluation.description


def test_a_feed_that_has_been_failing_is_flagged(
    rivers: Watched, host: PodcastHost, instance: dg.DagsterInstance
) -> None:
    """Not for a bad hour; and green again when it is had."""
    host.statuses[PATH] = 500
    for _ in range(3):
        with pytest.raises(TransientError):
            rivers.tick("rivers")
    assert freshness(instance) == (False, "it cannot be had since 12:00 UTC, 3 times: the host answers 500")

    del host.statuses[PATH]
    rivers.tick("rivers")
    assert freshness(instance)[0]


def test_every_night_what_is_due_is_noted(rivers: Watched, host: PodcastHost, instance: dg.DagsterInstance) -> None:
    """Without any sensor: a run of each watched feed, which finds out itself what is due, all of it."""
    schedule = rivers.defs.resolve_schedule_def("watched_feeds_nightly")
    context = dg.build_schedule_context(
        instance, scheduled_execution_time=later(), repository_def=rivers.defs.get_repository_def()
    )
    (request,) = schedule.evaluate_tick(context).run_requests or ()
    assert request.partition_key == "rivers"

    assert rivers.run("rivers", config=request.run_config, tags=request.tags)
    assert titles(rivers) == ["Episode 2", "Episode 3"]
    publish(host, 2, 3, 4, 5, 6, 7)
    assert rivers.run("rivers", config=request.run_config, tags=request.tags)
    assert len(titles(rivers)) == 6
    assert rivers.run("rivers", config=request.run_config, tags=request.tags)  # nothing is due


def test_the_check_can_be_carried_out_by_hand(rivers: Watched, instance: dg.DagsterInstance) -> None:
    """In the UI: of what is remembered, without asking anybody; of a feed that was never read, too."""
    job = rivers.defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection={dg.AssetCheckKey(podcast_key("rivers"), "fresh")}
    )

    assert job.execute_in_process(instance=instance, partition_key="rivers").success
    assert freshness(instance) == (True, "it has not been read yet")
