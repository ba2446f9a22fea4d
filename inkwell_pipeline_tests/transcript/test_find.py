"""The asset `transcript` without Dagster: found, none or failed, and nothing fetched twice."""

import asyncio
import logging
from logging import LogRecord
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.http import Http
from inkwell_pipeline.metering import counting
from inkwell_pipeline.models import Episode, Manifest, Offer, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import Auth, FeedSettings
from inkwell_pipeline.source_settings import PublisherSource
from inkwell_pipeline.transcript import find_transcripts
from inkwell_pipeline_tests.builders import LINES, cues, episode, record, srt, vtt
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.time import FakeTime


@pytest.fixture
def cache(tmp_path: Path) -> TranscriptionCache:
    return TranscriptionCache(tmp_path / "cache")


def offered(number: int, *urls: str, media_type: str = "text/vtt") -> Episode:
    offers = tuple(Offer(url=url, media_type=media_type) for url in urls)
    return episode(key=f"{number:016}", title=f"Number {number}", offers=offers)


async def find(
    episodes: list[Episode],
    host: PodcastHost,
    http: Http,
    cache: TranscriptionCache,
    *,
    clock: Clock = now,
    **feed: Any,
) -> Report:
    records = tuple(record(key=one.key, title=one.title) for one in episodes)
    manifest = Manifest(asset="feed", feed="rivers", run_id="run-1", show="Rivers", records=records)
    settings = FeedSettings("rivers", host.url("/feed.xml"), **feed)
    return await find_transcripts(
        manifest, episodes, feed=settings, http=http, cache=cache, own_dir=Path("own"), clock=clock, limit=2
    )


async def test_found_is_a_record_with_the_key_of_the_text(
    host: PodcastHost, http: Http, cache: TranscriptionCache
) -> None:
    """The manifest names it, the cache has it."""
    report = await find([offered(1, host.publish("/1.vtt", vtt()))], host, http, cache)

    (one,) = report.manifest.records
    assert (report.manifest.asset, one.source, one.remark) == ("transcript", "publisher", None)
    (entry,) = await cache.by_key([one.transcript or ""])
    assert entry is not None
    assert [segment.text for segment in Transcript.model_validate_json(entry.value).segments] == list(LINES)


async def test_two_runs_at_once_fetch_a_transcript_once(
    host: PodcastHost, http: Http, cache: TranscriptionCache, tmp_path: Path
) -> None:
    """The one that comes second waits, and finds it in the cache, as another process would."""
    one, other = offered(1, host.publish("/1.vtt", vtt())), TranscriptionCache(tmp_path / "cache")

    reports = await asyncio.gather(find([one], host, http, cache), find([one], host, http, other))

    assert reports[0].manifest == reports[1].manifest
    assert host.asked == ["/1.vtt"]


async def test_none_is_no_failure(
    host: PodcastHost,
    http: Http,
    cache: TranscriptionCache,
    log_lines: SimpleQueue[LogRecord],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody offers one: the note is still written from what the publisher says; the log says where to put one."""
    caplog.set_level(logging.INFO, logger="inkwell_pipeline")
    report = await find([offered(1)], host, http, cache)

    (one,) = report.manifest.records
    assert (one.transcript, one.source, one.remark, report.manifest.failures) == (None, None, None, ())
    assert dict(report.figures) == {"without_transcript": 1, "approximate_times": 0}
    wanted = Path("own") / "rivers" / f"{one.key}.vtt"
    assert lines_of(log_lines, logging.INFO)[-1] == (
        f"Number 1: no transcript is offered; put one at {wanted}, "
        "or say under `transcribe` in the config who makes one"
    )


async def test_failed_is_a_failure_and_the_others_finish(
    host: PodcastHost, http: Http, cache: TranscriptionCache
) -> None:
    """One is offered and cannot be had: no note, red at the end; the neighbours have theirs, in order."""
    good = host.publish("/good.vtt", vtt())
    broken = host.publish("/broken.vtt", b"<html>")
    episodes = [offered(1, good), offered(2, host.url("/gone.vtt")), offered(3, broken), offered(4, good)]

    manifest = (await find(episodes, host, http, cache)).manifest

    assert [one.title for one in manifest.records] == ["Number 1", "Number 4"]
    assert [(one.title, one.asset) for one in manifest.failures] == [
        ("Number 2", "transcript"),
        ("Number 3", "transcript"),
    ]
    assert "the host answers 404" in manifest.failures[0].error


async def test_a_second_run_asks_the_host_for_nothing(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """What was fetched is in the cache; a hit is counted, and the record is the same."""
    episodes = [offered(1, host.publish("/1.vtt", vtt()))]
    first = await find(episodes, host, http, cache)

    with counting() as counted:
        second = await find(episodes, host, http, cache)

    assert second.manifest == first.manifest
    assert (host.asked, counted.cache_hits, counted.cache_misses) == (["/1.vtt"], 1, 0)


async def test_a_failure_is_tried_again(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """A host that was down yesterday: failures are not kept."""
    episodes = [offered(1, host.url("/1.vtt"))]
    host.statuses["/1.vtt"] = 503
    await find(episodes, host, http, cache)
    host.statuses.clear()
    host.publish("/1.vtt", vtt())

    assert (await find(episodes, host, http, cache)).manifest.failures == ()


async def test_a_transcript_that_comes_later_is_found(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """Many publishers add it a day after the audio: none is looked for again."""
    await find([offered(1)], host, http, cache)

    report = await find([offered(1, host.publish("/1.vtt", vtt()))], host, http, cache)

    assert report.manifest.records[0].transcript is not None


async def test_where_the_best_offer_is_broken_the_next_is_taken(
    host: PodcastHost, http: Http, cache: TranscriptionCache
) -> None:
    """Another source has it: no failure. The next run takes it from the cache, and does not try the broken one."""
    episodes = [offered(1, host.publish("/1.vtt", b"<html>"), host.publish("/1.srt", srt()))]
    first = await find(episodes, host, http, cache)

    second = await find(episodes, host, http, cache)

    assert first.manifest.failures == ()
    assert host.asked == ["/1.vtt", "/1.srt"]
    assert first.manifest.keys == second.manifest.keys
    (remark,) = [one.remark or "" for one in first.manifest.records]
    assert remark.startswith("not used: the transcript cannot be read")
    assert remark.endswith("/1.vtt]")


async def test_where_all_offers_are_broken_the_best_one_s_error_is_told(
    host: PodcastHost, http: Http, cache: TranscriptionCache
) -> None:
    """It is the one to mend."""
    episodes = [offered(1, host.publish("/1.vtt", b"<html>"), host.url("/gone.srt"))]

    (failure,) = (await find(episodes, host, http, cache)).manifest.failures

    assert "the transcript cannot be read: it is a web page" in failure.error


async def test_a_private_feed_s_secret_goes_to_its_own_host_alone(
    host: PodcastHost, http: Http, cache: TranscriptionCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transcript elsewhere (another port is another host) is asked for without it."""
    monkeypatch.setenv("RIVERS_TOKEN", "t0ken")
    own = host.publish("/own.vtt", vtt())
    elsewhere = host.publish("/elsewhere.vtt", vtt()).replace("localhost", "127.0.0.1")
    assert elsewhere.startswith("http://127.0.0.1")

    episodes = [offered(1, own), offered(2, elsewhere)]
    report = await find(episodes, host, http, cache, auth=Auth(bearer_env="RIVERS_TOKEN"))

    assert report.manifest.failures == ()
    assert host.authorizations == {"/own.vtt": "Bearer t0ken", "/elsewhere.vtt": None}


async def test_a_secret_that_is_not_set_is_a_failure_with_its_name(
    host: PodcastHost, http: Http, cache: TranscriptionCache
) -> None:
    """Asking without it would look like a host's refusal."""
    episodes = [offered(1, host.publish("/own.vtt", vtt()))]

    (failure,) = (await find(episodes, host, http, cache, auth=Auth(bearer_env="NOT_SET"))).manifest.failures

    assert "NOT_SET" in failure.error
    assert host.asked == []


def own_file(one: Episode, content: bytes, name: str | None = None) -> Path:
    """A file that the user puts into the feed's folder (the current folder is the test's own)."""
    path = Path("own") / "rivers" / (name or f"{one.key}.vtt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def texts(cache: TranscriptionCache, report: Report) -> list[str]:
    (entry,) = await cache.by_key([report.manifest.records[0].transcript or ""])
    assert entry is not None
    return [one.text for one in Transcript.model_validate_json(entry.value).segments]


async def test_the_user_s_own_file_wins_over_all(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """Also over what was fetched before; the host is not asked, and the look-up is one."""
    one = offered(1, host.publish("/1.vtt", vtt()))
    await find([one], host, http, cache)
    own_file(one, srt("My own words."))

    with counting() as counted:
        report = await find([one], host, http, cache)

    assert report.manifest.records[0].source == "file"
    assert await texts(cache, report) == ["My own words."]
    assert (host.asked, counted.cache_hits, counted.cache_misses) == (["/1.vtt"], 0, 1)


async def test_an_edited_file_is_another_transcript(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """An unchanged one is a hit; and without the file the publisher's counts again."""
    one = offered(1, host.publish("/1.vtt", vtt()))
    path = own_file(one, srt("First."))
    first = await find([one], host, http, cache)
    with counting() as counted:
        again = await find([one], host, http, cache)
    path.write_bytes(srt("Second."))

    second = await find([one], host, http, cache)

    assert again.manifest == first.manifest
    assert (counted.cache_hits, counted.cache_misses) == (1, 0)
    assert await texts(cache, second) == ["Second."]
    path.unlink()
    assert (await find([one], host, http, cache)).manifest.records[0].source == "publisher"


async def test_a_file_by_its_guid_is_found(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """Nobody knows an episode's key by heart."""
    one = episode(guid="https://example.com/?p=12")
    own_file(one, vtt(), "https-example.com-p-12.vtt")

    assert (await find([one], host, http, cache)).manifest.records[0].source == "file"


async def test_an_unreadable_file_falls_through_to_the_publisher_s(
    host: PodcastHost, http: Http, cache: TranscriptionCache, log_lines: SimpleQueue[LogRecord]
) -> None:
    """With a warning and a remark that name it."""
    one = offered(1, host.publish("/1.vtt", vtt()))
    path = own_file(one, b"")

    (found,) = (await find([one], host, http, cache)).manifest.records

    assert found.source == "publisher"
    assert found.remark == f"not used: {path} cannot be read as a transcript: it has no words"
    assert any(str(path) in line for line in lines_of(log_lines, logging.WARNING))


async def test_an_unreadable_file_alone_is_a_failure(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """The user meant it to be used: a note without it would look right."""
    one = offered(1)
    path = own_file(one, b"")

    (failure,) = (await find([one], host, http, cache)).manifest.failures

    assert str(path) in failure.error


async def test_a_folder_that_cannot_be_listed_costs_no_run(
    host: PodcastHost, http: Http, cache: TranscriptionCache, log_lines: SimpleQueue[LogRecord]
) -> None:
    """The publisher's are there; the user is told that theirs were not seen."""
    one = offered(1, host.publish("/1.vtt", vtt()))
    folder = Path("own") / "rivers"
    folder.parent.mkdir()
    folder.symlink_to("rivers")  # to itself

    report = await find([one], host, http, cache)

    assert report.manifest.records[0].source == "publisher"
    assert any(f"cannot list {folder}" in line for line in lines_of(log_lines, logging.WARNING))


async def test_what_was_lost_in_reading_is_in_the_record_and_the_log(
    host: PodcastHost, http: Http, cache: TranscriptionCache, log_lines: SimpleQueue[LogRecord]
) -> None:
    """On the run that reads it; the transcript keeps it for good."""
    one = offered(1, host.publish("/1.srt", cues("one", "", "two").encode()))

    report = await find([one], host, http, cache)

    (found,) = report.manifest.records
    assert found.remark == "1 of 3 cues left out: 1 without words"
    (entry,) = await cache.by_key([found.transcript or ""])
    assert entry is not None
    assert Transcript.model_validate_json(entry.value).remarks == (found.remark,)
    assert any(found.remark in line for line in lines_of(log_lines, logging.WARNING))


async def test_an_unknown_form_is_tried(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """By what is in it."""
    one = offered(1, host.publish("/1", srt()), media_type="application/octet-stream")

    assert (await find([one], host, http, cache)).manifest.records[0].source == "publisher"


def lines_of(log_lines: SimpleQueue[LogRecord], level: int) -> list[str]:
    found = []
    while not log_lines.empty():
        if (line := log_lines.get()).levelno == level:
            found.append(line.getMessage())
    return found


async def test_a_publisher_who_takes_too_long_is_left(host: PodcastHost, http: Http, cache: TranscriptionCache) -> None:
    """The config says how long it is waited for; the next run tries again."""
    host.delays_s["/1.vtt"] = 5
    one = offered(1, host.publish("/1.vtt", vtt()))
    report = await find([one], host, http, cache, transcribe=(PublisherSource(timeout_s=0.2),))

    (failure,) = report.manifest.failures
    assert failure.error == "feed rivers, episode Number 1: publisher: no whole answer within 0.2 s"


async def test_what_a_host_asks_of_one_run_holds_for_the_next(
    host: PodcastHost, http: Http, cache: TranscriptionCache, time: FakeTime
) -> None:
    """A run that waits for another's turn would else ask in the moment in which the host has said no."""
    one = offered(1, host.publish("/1.vtt", vtt()))
    host.passing["/1.vtt"], host.retry_after["/1.vtt"] = [429], "600"
    first = await find([one], host, http, cache, clock=time.now)
    second = await find([one], host, http, cache, clock=time.now)
    await time.sleep(601)
    third = await find([one], host, http, cache, clock=time.now)

    assert "the host answers 429" in first.manifest.failures[0].error
    says = "feed rivers, episode Number 1: the host asks to wait until 12:10 UTC"
    assert second.manifest.failures[0].error == says
    assert third.manifest.failures == ()
    assert host.asked == ["/1.vtt", "/1.vtt"]
