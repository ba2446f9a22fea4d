"""A feed without any transcript, to notes whose quotes have the times at which they are spoken; and what kills cost.

With real processes: audio that espeak-ng speaks, a program that hears it, Dagster's own command line.
`INKWELL_SPEECH_KILLS` says at how many moments a run is killed (default: 3).
"""

import asyncio
import importlib.util
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkwell_pipeline.cache import Entry, TranscriptionCache
from inkwell_pipeline.defs.io_manager import read_manifest
from inkwell_pipeline.models import Transcript
from inkwell_pipeline_tests import fakes
from inkwell_pipeline_tests.defs.runs import command_line
from inkwell_pipeline_tests.defs.show import Place
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss
from inkwell_pipeline_tests.fakes.spoken import Spoken, required, sample_lines, speak
from inkwell_pipeline_tests.installation import wait_until
from inkwell_pipeline_tests.transcript.speech.ears import RECOGNISER

KILLS = int(os.environ.get("INKWELL_SPEECH_KILLS", "3"))
SOON_S = 15
SPHINX = Path(fakes.__file__).with_name("sphinx.py")
QUOTE = re.compile(r"^> (?!—)(.+)\n> — .*?\[(?:≈ )?(?:(\d+):)?(\d+):(\d\d)\]\((\S+)#t=(\d+)\)", re.MULTILINE)
EPISODES = 3


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    """About two minutes of the sample."""
    return speak(sample_lines(40), tmp_path_factory.mktemp("talk") / "talk.wav")


@dataclass
class Show:
    """A place, its hosts, and what the program that hears has been run for."""

    place: Place
    audio: list[AudioHost]
    calls: Path

    @property
    def heard(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0

    def left(self) -> list[str]:
        folder = self.place.folder / ".inkwell" / "audio"
        return [path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"]

    def parts(self) -> list[int]:
        """The sizes of what is there of downloads that are not whole."""
        return [path.stat().st_size for path in (self.place.folder / ".inkwell" / "audio").rglob("*.part")]

    def orphans(self) -> list[str]:
        """Processes that hear, or that would end them, whoever they belong to by now."""
        listed = subprocess.run(["ps", "-wweo", "stat=,args="], capture_output=True, text=True, check=True).stdout
        return [line for line in listed.splitlines() if str(self.calls) in line and not line.startswith("Z")]

    def configure(self, host: PodcastHost, *options: str, more: str = "") -> None:
        script = self.place.folder.parent / "script.json"
        words = [sys.executable, str(RECOGNISER), "--script", str(script), "--calls", str(self.calls), *options]
        command = f'transcribe:\n  - publisher\n  - command: "{shlex.join(words)} {{audio}}"\n'
        self.place.configure(host, more=command + more)


@pytest.fixture
def show(host: PodcastHost, talk: Spoken, tmp_path: Path) -> Iterator[Show]:
    """Three episodes without a transcript, whose audio differs in its last byte."""
    talk.script(tmp_path / "script.json")
    with ExitStack() as serving:
        hosts = [AudioHost(talk.path.read_bytes() + bytes([n]), media_type="audio/wav") for n in range(EPISODES)]
        addresses = [serving.enter_context(one.serve()) for one in hosts]
        items = [
            Item(f"Episode {n}", guid=f"g{n}", date=f"{n + 1:02} Apr 2024 09:00:00 GMT", audio=f"{url}/{n}.wav")
            for n, url in enumerate(addresses)
        ]
        host.publish("/rivers.xml", rss("Rivers", *items), "application/rss+xml")
        show = Show(Place(tmp_path / "place"), hosts, tmp_path / "calls")
        show.configure(host)
        yield show


def materialise(place: Place) -> subprocess.CompletedProcess[str]:
    arguments = ["asset", "materialize", "-m", "inkwell_pipeline.definitions", "--select", "*", "--partition", "rivers"]
    return command_line("dagster", *arguments, folder=place.folder)


def quotes(note: str) -> list[tuple[str, int]]:
    """A note's quotes, and the second that each links to."""
    return [(re.sub(r"\\(.)", r"\1", words), int(at)) for words, *_, at in QUOTE.findall(note)]


def test_quotes_have_the_times_at_which_they_are_spoken(show: Show, talk: Spoken) -> None:
    """From `dagster asset materialize` alone, to two seconds; and no audio stays behind."""
    done = materialise(show.place)

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(show.place.notes) == EPISODES
    for note in show.place.notes.values():
        found = quotes(note.decode())
        assert len(found) >= 3
        assert all(abs(talk.said_at_s(words) - at) <= 2 for words, at in found)
    assert (show.heard, show.left()) == (EPISODES, [])


def test_a_real_recogniser(show: Show, host: PodcastHost, tmp_path: Path) -> None:
    """Not for beauty: four of ten words are found within two seconds of when they are spoken."""
    if importlib.util.find_spec("pocketsphinx") is None:
        assert not os.environ.get("INKWELL_SPEECH"), "pocketsphinx is not installed"
        pytest.skip("pocketsphinx is not installed")
    required("ffmpeg")
    talk = speak(sample_lines(9), tmp_path / "short.wav")
    show.audio[-1].body = talk.path.read_bytes()
    command = shlex.join([sys.executable, str(SPHINX)])
    show.place.configure(host, more=f'transcribe:\n  - command: "{command} {{audio}}"\n', newest=1)
    done = materialise(show.place)
    assert done.returncode == 0, done.stdout + done.stderr
    (note,) = show.place.notes.values()
    assert "inkwell_transcript: command python" in note.decode()

    said = [
        (word.strip(".,?!’'").casefold(), line.start_s + (line.end_s - line.start_s) * nth / len(line.text.split()))
        for line in talk.lines
        for nth, word in enumerate(line.text.split())
    ]
    heard = _words(show.place.folder)
    found = [word for word, at in said if any(one == word and abs(start - at) <= 2 for one, start in heard)]
    assert len(found) >= 0.4 * len(said)


def _words(folder: Path) -> list[tuple[str, float]]:
    """All words of the one transcript in the cache, with their times."""

    manifest = read_manifest(folder / ".inkwell", "transcript", "rivers", "latest")
    assert manifest is not None

    async def read() -> list[Entry | None]:
        async with TranscriptionCache(folder / ".inkwell" / "cache" / "transcripts") as cache:
            return await cache.by_key([manifest.records[0].transcript or ""])

    (entry,) = asyncio.run(read())
    assert entry is not None
    transcript = Transcript.model_validate_json(entry.value)
    return [(word.text, word.start_s) for segment in transcript.segments for word in segment.words]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_what_it_has_begun(show: Show, host: PodcastHost, number: signal.Signals) -> None:
    """Soon, with its children, and says that the next run goes on."""
    show.configure(host, "--delay", "600", "--child")
    run = show.place.start()
    wait_until(lambda: show.heard == 1, "the program")
    time.sleep(0.5)
    began_s = time.monotonic()
    os.kill(run.pid, number)
    out, errors = run.communicate(timeout=60)

    assert run.returncode == 130, out + errors
    assert time.monotonic() - began_s < SOON_S
    assert show.orphans() == []
    show.configure(host)
    status, out, errors = show.place.run()
    assert (status, len(show.place.notes)) == (0, EPISODES), out + errors
    assert show.left() == []


@pytest.mark.parametrize("moment", range(KILLS))
def test_a_killed_run_costs_what_was_in_flight(show: Show, host: PodcastHost, moment: int) -> None:
    """In a download, while it is heard, while it is written: the next run goes on, and no process stays behind."""
    chance = random.Random(moment)
    show.configure(host, "--delay", "1")
    if moment % 3 == 0:  # in the download of the first episode, of which a megabyte is written at once
        show.audio[-1].stall_after = chance.randrange(1_200_000, 4_000_000)
    run = show.place.start()
    match moment % 3:
        case 0:
            wait_until(lambda: any(size > 0 for size in show.parts()), "a part of it on the disk")
            time.sleep(chance.random())
        case 1:
            wait_until(lambda: show.heard == 1 + moment // 3 % EPISODES, "the program")
            time.sleep(chance.random())
        case _:  # about when its words are written
            wait_until(lambda: show.heard == 1 + moment // 3 % EPISODES, "the program")
            time.sleep(0.95 + chance.random() / 5)
    run.kill()
    run.communicate()
    wait_until(lambda: show.orphans() == [], "the end of what it had begun", at_most_s=20)

    for one in show.audio:
        one.stall_after = None
    status, out, errors = show.place.run()
    assert (status, len(show.place.notes)) == (0, EPISODES), out + errors
    assert show.heard <= EPISODES + 1
    assert show.left() == []
    if moment % 3 == 0:
        assert any("range" in request.headers for request in show.audio[-1].asked)


def test_a_hanging_program_is_ended_and_the_others_go_on(show: Show, host: PodcastHost) -> None:
    """After the time that the config says; the run is red, and its line says what the program said last."""
    script = show.place.folder.parent / "hear.sh"
    first = shlex.join([sys.executable, str(RECOGNISER), "--script", str(show.place.folder.parent / "script.json")])
    script.write_text(
        f'#!/bin/sh\n[ -e {script}.done ] && exec {first} "$1"\ntouch {script}.done\necho working >&2\nsleep 99\n'
    )
    script.chmod(0o755)
    show.place.configure(host, more=f'transcribe:\n  - {{command: "{script} {{audio}}", timeout_s: 3}}\n')
    status, out, errors = show.place.run()

    assert status == 1
    assert len(show.place.notes) == EPISODES - 1
    assert "it was ended after 3 s; its last words: working" in out + errors
