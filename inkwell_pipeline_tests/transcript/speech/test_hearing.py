"""What surrounds a hearing: paid once whoever asks, a machine that is not overrun, audio that goes when it is done."""

import asyncio
import logging
import os
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.settings import AudioSettings, Auth
from inkwell_pipeline.source_settings import CommandSource, PublisherSource
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.spoken import Spoken
from inkwell_pipeline_tests.transcript.speech.ears import Ears, Outcome, command, of

CALLS = "calls"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / CALLS


def count(calls: Path) -> int:
    return len(calls.read_text().splitlines()) if calls.exists() else 0


async def test_the_same_audio_of_two_feeds_is_heard_once(ears: Ears, script: Path, calls: Path, audio_url: str) -> None:
    """Whatever its address: a show has two feeds, or an episode is in another's."""
    source = command(script, "--calls", str(calls))
    first = await ears.run([of(audio_url)], [source])
    other = await ears.run([of(f"{audio_url}?from=other", 2, feed="lakes")], [source])

    assert other.report.manifest.records[0].transcript == first.report.manifest.records[0].transcript
    assert count(calls) == 1


async def test_the_same_audio_at_the_same_time_is_heard_once(
    ears: Ears, script: Path, calls: Path, audio_url: str
) -> None:
    """Two runs, each with all of its own: the second waits, and takes what the first has made."""
    source, two = command(script, "--calls", str(calls), "--delay", "0.5"), replace(ears, slots=2)
    one, same, other = await asyncio.gather(
        two.run([of(audio_url)], [source]),
        two.run([of(audio_url)], [source], run="run-2"),
        two.run([of(f"{audio_url}?from=other", 2, feed="lakes")], [source], run="run-3"),
    )

    keys = {outcome.report.manifest.records[0].transcript for outcome in (one, same, other)}
    assert (len(keys), count(calls)) == (1, 1)


@pytest.mark.parametrize(("slots", "at_once"), [(1, 1), (2, 2)])
async def test_no_more_at_once_than_the_machine_has_slots(
    ears: Ears, script: Path, tmp_path: Path, spoken: Spoken, slots: int, at_once: int
) -> None:
    """Among runs of other configs, too."""
    other = replace(ears, folder=tmp_path / "other", slots=slots)
    other.folder.mkdir()
    marks = tmp_path / "marks"
    marks.mkdir()
    (tmp_path / "hear.sh").write_text(
        f"#!/bin/sh\ntouch {marks}/$$\nls {marks} | wc -l >> {tmp_path}/at-once\nsleep 0.4\nrm {marks}/$$\n"
        "printf 'WEBVTT\\n\\n00:00.000 --> 00:01.000\\nHello there, my friends.\\n'; : \"$1\"\n"
    )
    (tmp_path / "hear.sh").chmod(0o755)
    source = command(script).model_copy(update={"command": f"{tmp_path}/hear.sh {{audio}}"})
    bodies = [spoken.path.read_bytes() + bytes([number]) for number in range(6)]
    hosts = [AudioHost(body, media_type="audio/wav") for body in bodies]
    outcomes = await _all_heard([(replace(ears, slots=slots), hosts[:3]), (other, hosts[3:])], source)

    assert [outcome.errors for outcome in outcomes] == [[], []]
    assert max(map(int, (tmp_path / "at-once").read_text().split())) == at_once


async def _all_heard(runs: list[tuple[Ears, list[AudioHost]]], source: Any) -> list[Outcome]:
    with ExitStack() as serving:
        episodes = [
            [of(f"{serving.enter_context(host.serve())}/one.wav", nth) for nth, host in enumerate(hosts)]
            for _, hosts in runs
        ]
        heard = (ears.run(of_run, [source]) for (ears, _), of_run in zip(runs, episodes, strict=True))
        return await asyncio.gather(*heard)


async def test_audio_is_kept_where_the_config_says_so(ears: Ears, script: Path, audio_url: str) -> None:
    """And is not fetched again for another source."""
    ears.keep_audio = True
    await ears.run([of(audio_url)], [command(script)])
    assert ears.left() == ["rivers/0000000000000001.wav"]


async def test_kept_audio_serves_another_source(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str
) -> None:
    """A better model comes out, and nothing has to be fetched for it."""
    ears.keep_audio = True
    await ears.run([of(audio_url)], [command(script)])
    asked = len(audio_host.asked)
    outcome = await ears.run([of(audio_url)], [command(script, "--form", "json")])

    assert (outcome.errors, outcome.counters.cache_misses) == ([], 1)
    assert len(audio_host.asked) == asked


async def test_a_failure_keeps_the_audio_for_the_next_run(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str
) -> None:
    """What is fetched is not fetched again for a program that was called wrongly."""
    await ears.run([of(audio_url)], [command(script, "--fault", "fail")])
    asked = len(audio_host.asked)
    outcome = await ears.run([of(audio_url)], [command(script)])

    assert outcome.errors == []
    assert len(audio_host.asked) == asked
    assert ears.left() == []


async def test_what_killed_runs_have_left_is_swept_away(ears: Ears, script: Path, audio_url: str) -> None:
    """A dead process's folder at once; audio that nobody made anything of, after a week; nothing of the user's."""
    dead = ears.audio / "work" / f".{'0' * 8}-1-{'0' * 32}.tmp"
    dead.mkdir(parents=True)
    (dead / "half.vtt").write_text("WEBVTT")
    os.utime(dead, (0, 0))
    folder = ears.audio / "rivers"
    folder.mkdir()
    names = ["00000000000000aa.mp3", "00000000000000ab.part", "my own.mp3", "00000000000000ac.mp3"]
    for name in names:
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (0, 0))
    os.utime(folder / names[-1], (time.time(), time.time()))
    await ears.run([of(audio_url)], [command(script)])

    assert ears.left() == ["rivers/00000000000000ac.mp3", "rivers/my own.mp3"]


async def test_half_a_transcript_is_taken_for_none(ears: Ears, script: Path, spoken: Spoken, audio_url: str) -> None:
    """A program that was killed has left captions beside its audio: the next one has a folder of its own."""
    work = ears.audio / "work" / f".{'0' * 8}-1-{'0' * 32}.tmp"
    work.mkdir(parents=True)
    (work / "0000000000000001.wav.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHalf of it.\n")
    outcome = await ears.run([of(audio_url)], [command(script, "--to", "beside", "--chatter")])

    (transcript,) = await ears.transcripts(outcome)
    assert len(transcript.segments) == len(spoken.lines)


@pytest.mark.parametrize("stated_s", [None, 4000])
async def test_what_is_too_long_is_left_alone(
    ears: Ears, script: Path, calls: Path, audio_url: str, stated_s: int | None
) -> None:
    """By what the feed says before anything is fetched, else by the file. It is no failure; the note says why."""
    source = command(script, "--calls", str(calls))
    not_there = CommandSource(command="no-such-program {audio}")
    outcome = await ears.run([of(audio_url, duration_s=stated_s)], [not_there, source], max_minutes=0.1)

    (one,) = outcome.report.manifest.records
    assert (outcome.errors, one.transcript, count(calls)) == ([], None, 0)
    assert "minutes are more than the feed's `max_minutes: 0.1`" in (one.remark or "")
    assert outcome.report.figures["without_transcript"] == 1


async def test_too_large_a_file_is_the_episodes_failure(ears: Ears, script: Path, audio_url: str) -> None:
    """With what to do, and nothing left of it."""
    ears.limits = AudioSettings(max_mb=0.1)
    outcome = await ears.run([of(audio_url)], [command(script)])

    (failure,) = outcome.report.manifest.failures
    assert "the audio is larger than 0 MB" in failure.error
    assert "raise `audio: {max_mb}`" in failure.todo
    assert ears.left() == []


async def test_a_feeds_secret_goes_to_its_own_host_alone(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audio lies with somebody else, most of the time."""
    monkeypatch.setenv("PODCAST_TOKEN", "secret")
    auth = Auth(bearer_env="PODCAST_TOKEN")
    other = await ears.run([of(audio_url)], [command(script)], auth=auth)
    assert all("authorization" not in request.headers for request in audio_host.asked)

    own = await ears.run([of(audio_url, 2)], [command(script, "--form", "json")], auth=auth, feed_url=audio_url)
    assert audio_host.asked[-1].headers["authorization"] == "Bearer secret"
    assert (other.errors, own.errors) == ([], [])


async def test_an_episode_without_audio_has_no_transcript(ears: Ears, script: Path) -> None:
    """Nor a failure."""
    bare = of("http://127.0.0.1:9/1.mp3").model_copy(update={"audio_url": None})
    outcome = await ears.run([bare], [PublisherSource(), command(script)])

    assert (outcome.errors, outcome.sources) == ([], [None])


async def test_another_address_with_other_audio_is_heard_anew(
    ears: Ears, script: Path, calls: Path, spoken: Spoken, audio_url: str
) -> None:
    """A publisher who mends an episode gives it another file."""
    source = command(script, "--calls", str(calls))
    first = await ears.run([of(audio_url)], [source])
    with AudioHost(spoken.path.read_bytes()[:-2000], media_type="audio/wav").serve() as url:
        other = await ears.run([of(f"{url}/mended.wav")], [source])

    assert first.report.manifest.records[0].transcript != other.report.manifest.records[0].transcript
    assert count(calls) == 2


async def test_a_page_in_the_audios_place_is_told(ears: Ears, script: Path) -> None:
    """Also where the host calls it audio, as networks with a sign-in do."""
    with AudioHost(b"<!DOCTYPE html><html>Sign in to this network</html>").serve() as url:
        outcome = await ears.run([of(f"{url}/1.mp3")], [command(script)])

    assert "the host sends a page where the audio should be" in outcome.errors[0]
    assert ears.left() == []


async def test_how_far_it_is_stands_in_the_log(
    ears: Ears, script: Path, audio_url: str, log_lines: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Who hears it, and how long it is; then what came of it."""
    caplog.set_level(logging.INFO, "inkwell_pipeline")
    await ears.run([of(audio_url)], [command(script)])
    lines = [log_lines.get().getMessage() for _ in range(log_lines.qsize())]

    assert any(line.startswith("Number 1: command python") and "hears it, 0:" in line for line in lines)
    assert any("Number 1: transcript of 10 segments by command python" in line for line in lines)
