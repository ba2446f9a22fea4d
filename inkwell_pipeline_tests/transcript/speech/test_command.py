"""A program of the user's: where its captions are, and what becomes of an episode when it fails."""

from pathlib import Path

import pytest

from inkwell_pipeline.source_settings import CommandSource, PublisherSource
from inkwell_pipeline_tests.fakes.spoken import Spoken
from inkwell_pipeline_tests.transcript.speech.ears import Ears, command, near, of


@pytest.mark.parametrize("form", ["vtt", "srt", "json"])
@pytest.mark.parametrize("to", ["output", "beside", "stem"])
async def test_captions_are_found_wherever_it_puts_them(
    ears: Ears, spoken: Spoken, script: Path, audio_url: str, form: str, to: str
) -> None:
    """`whisper-cli -ovtt` writes beside the audio and talks on its output; others do as they like."""
    chatter = [] if to == "output" else ["--chatter"]
    source = command(script, "--form", form, "--to", to, *chatter)
    outcome = await ears.run([of(audio_url)], [PublisherSource(), source])

    (transcript,) = await ears.transcripts(outcome)
    assert outcome.sources == [transcript.source]
    assert transcript.source.startswith("command python")
    assert [segment.text for segment in transcript.segments] == [line.text for line in spoken.lines]
    assert near(transcript, spoken) < 0.01
    assert ears.left() == []


async def test_a_text_without_times_is_a_transcript(ears: Ears, spoken: Spoken, script: Path, audio_url: str) -> None:
    """Notes can be made of it; their quotes have no times."""
    outcome = await ears.run([of(audio_url)], [command(script, "--form", "txt", "--to", "beside")])

    (transcript,) = await ears.transcripts(outcome)
    assert spoken.lines[0].text in transcript.segments[0].text
    assert {segment.start_s for segment in transcript.segments} == {None}


async def test_it_costs_nothing_and_counts_its_minutes(
    ears: Ears, spoken: Spoken, script: Path, audio_url: str
) -> None:
    """And is not run again for what it has heard."""
    calls, source = ears.folder / "calls", command(script, "--calls", str(ears.folder / "calls"))
    first = await ears.run([of(audio_url)], [source])
    again = await ears.run([of(audio_url)], [source])

    assert first.counters.cost_usd == first.counters.unpriced_calls == 0
    assert first.counters.heard_s == pytest.approx(spoken.length_s, abs=0.01)
    assert again.counters.heard_s == 0
    assert (first.counters.cache_hits, first.counters.cache_misses) == (0, 1)
    assert (again.counters.cache_hits, again.counters.cache_misses) == (1, 0)
    assert calls.read_text() == f"{spoken.path.stat().st_size}\n"


@pytest.mark.parametrize(
    ("fault", "says", "todo"),
    [
        ("fail", "it failed with status 3; its last words: loading model / error: failed to open 'model.bin'", "log"),
        ("garbage", "its output cannot be read as a transcript", "log"),
        ("empty", "it ended well, and gave no transcript", "log"),
        ("hang", "it was ended after 1 s; its last words: whisper_print_progress_callback: progress = 0%", "log"),
        ("flood", "it writes more than 20 MB", "log"),
    ],
)
async def test_its_faults_are_the_episodes_failure(
    ears: Ears, script: Path, audio_url: str, fault: str, says: str, todo: str
) -> None:
    """In one line, with its last words; the audio stays, for the next run tries again."""
    source = command(script, "--fault", fault, timeout_s=1 if fault == "hang" else 30)
    outcome = await ears.run([of(audio_url)], [source])

    (failure,) = outcome.report.manifest.failures
    assert failure.error.startswith("feed rivers, episode Number 1: command python")
    assert says in failure.error
    assert "\n" not in failure.error
    assert todo in failure.todo
    assert ears.left() == ["rivers/0000000000000001.wav"]


async def test_the_next_source_is_tried(ears: Ears, spoken: Spoken, script: Path, audio_url: str) -> None:
    """The audio is fetched once for both; what did not work is told beside what did."""
    sources = [command(script, "--fault", "fail"), command(script)]
    outcome = await ears.run([of(audio_url)], sources)

    (one,) = outcome.report.manifest.records
    assert "not used: command python" in (one.remark or "")
    assert "status 3" in (one.remark or "")
    (transcript,) = await ears.transcripts(outcome)
    assert len(transcript.segments) == len(spoken.lines)


async def test_what_a_later_source_has_made_is_not_made_again(
    ears: Ears, script: Path, audio_url: str, tmp_path: Path
) -> None:
    """One that failed is not run for hours on each run, when another has done the work."""
    calls = tmp_path / "calls"
    sources = [command(script, "--fault", "fail", "--calls", str(calls)), command(script)]
    await ears.run([of(audio_url)], sources)
    again = await ears.run([of(audio_url)], sources)

    assert len(again.sources) == 1
    assert calls.read_text().count("\n") == 1


async def test_all_that_failed_stand_in_the_line(ears: Ears, script: Path, audio_url: str) -> None:
    """Whoever reads it wants to know of each."""
    sources = [command(script, "--fault", "fail"), command(script, "--fault", "empty")]
    outcome = await ears.run([of(audio_url)], sources)

    (error,) = outcome.errors
    assert "status 3" in error
    assert "; then command python" in error
    assert "gave no transcript" in error


async def test_a_program_that_is_not_there_costs_no_download(ears: Ears, audio_url: str) -> None:
    """Nor does one whose path is relative to nothing."""
    outcome = await ears.run([of(audio_url)], [CommandSource(command="no-such-whisper {audio}")])

    (failure,) = outcome.report.manifest.failures
    assert "there is no program no-such-whisper" in failure.error
    assert failure.todo == "install it, or change `transcribe` in the config"
    assert not ears.audio.exists()


async def test_paths_are_relative_to_the_config(ears: Ears, audio_url: str) -> None:
    """`-m model.bin` is beside the config, as all other paths in it are."""
    (ears.folder / "hear.sh").write_text("#!/bin/sh\ncat model.vtt; test -s $1\n")
    (ears.folder / "hear.sh").chmod(0o755)
    (ears.folder / "model.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello there, my friends.\n")
    outcome = await ears.run([of(audio_url)], [CommandSource(command="./hear.sh {audio}")])

    (transcript,) = await ears.transcripts(outcome)
    assert transcript.segments[0].text == "Hello there, my friends."


async def test_arguments_are_no_shells(ears: Ears, audio_url: str, tmp_path: Path) -> None:
    """What a shell would carry out is a word like any other."""
    says = "WEBVTT\n\n00:00.000 --> 00:01.000\n%s %s %s %s\n"
    source = CommandSource(command=f"printf '{says}' '$(touch {tmp_path}/owned)' ; {{audio}} '&&'")
    outcome = await ears.run([of(audio_url)], [source])

    (transcript,) = await ears.transcripts(outcome)
    assert transcript.segments[0].text.startswith(f"$(touch {tmp_path}/owned) ; {ears.folder}")
    assert transcript.segments[0].text.endswith(" &&")
    assert not (tmp_path / "owned").exists()


async def test_speakers_are_asked_for_where_the_feed_wants_them(ears: Ears, script: Path, audio_url: str) -> None:
    """With arguments of the program's own; it is another transcript then."""
    source = command(script, diarize="--form json")
    plain = await ears.run([of(audio_url)], [source])
    diarized = await ears.run([of(audio_url)], [source], diarize=True)

    assert plain.report.manifest.records[0].transcript != diarized.report.manifest.records[0].transcript
