"""A program of the user's that hears: any that takes a file of audio and gives captions, JSON or text.

Belongs here: its arguments, where its captions are, what its status means. Does not: running it (`programs.py`),
reading captions (`recognised.py`).
"""

import shutil
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.files import trouble
from inkwell_pipeline.metering import counters
from inkwell_pipeline.programs import Ended, NotBegun, Overran, Program, run_program
from inkwell_pipeline.source_settings import AUDIO, CommandSource
from inkwell_pipeline.threads import computed, in_thread
from inkwell_pipeline.transcript.reading import MAX_TRANSCRIPT_BYTES, UnreadableTranscript
from inkwell_pipeline.transcript.speech.hearer import Heard, Recording
from inkwell_pipeline.transcript.speech.recognised import begins_like_captions, read_recognised

__all__ = ["CommandHearer"]

SUFFIXES = (".vtt", ".srt", ".json", ".txt")  # of what it may write beside the audio, the best first


class CommandHearer:
    """One command of the config. `folder`: the config's, in which it runs, so that its paths are relative to that."""

    def __init__(self, source: CommandSource, *, diarize: bool, folder: Path) -> None:
        self._source, self._diarize, self._folder = source, diarize, folder

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def identity(self) -> str:
        arguments = self._source.arguments(AUDIO, diarize=self._diarize)
        return f"command {sha256(repr(arguments).encode()).hexdigest()[:16]}"

    @property
    def timeout_s(self) -> float | None:
        return self._source.timeout_s

    def check(self) -> None:
        program = self._source.program
        if not any(map(shutil.which, (program, str(self._folder / program)))):
            todo = "install it, or change `transcribe` in the config"
            raise PermanentError(f"there is no program {program}", todo=todo)

    @property
    def usd_per_minute(self) -> Decimal | None:
        return Decimal(0)

    async def hear(self, recording: Recording) -> Heard:
        arguments = self._source.arguments(str(recording.audio.path), diarize=self._diarize)
        program = Program(arguments, self._folder, recording.timeout_s, MAX_TRANSCRIPT_BYTES)
        outcome = await run_program(program, tell=recording.told)
        match outcome:
            case NotBegun():
                raise PermanentError(f"it cannot be run: {outcome.why}", todo="change `transcribe` in the config")
            case Overran():
                raise _trouble(TransientError, outcome.why, outcome.last_lines)
            case Ended(status=0):
                recording.progress.answered = True
                heard = await self._captions(recording.audio.path, outcome)
                counters().heard_s += recording.audio.duration_s or 0.0
                return heard
            case Ended():
                raise _trouble(PermanentError, _ending(outcome.status), outcome.last_lines)
            case _:
                assert_never(outcome)

    async def _captions(self, audio: Path, outcome: Ended) -> Heard:
        """Out of its output, where that is captions; else out of a file beside the audio; else its output as text.

        Programs that write a file say on their output what they like.
        """
        written = await in_thread(_beside, audio)
        if begins_like_captions(outcome.output) or written is None:
            name, data = "its output", outcome.output
        else:
            name, data = written
        if not data.strip():
            raise _trouble(PermanentError, "it ended well, and gave no transcript", outcome.last_lines)
        try:
            return await computed(read_recognised, data)
        except UnreadableTranscript as error:
            raise _trouble(
                PermanentError, f"{name} cannot be read as a transcript: {error.text}", outcome.last_lines
            ) from None


def _beside(audio: Path) -> tuple[str, bytes] | None:
    """The captions that it wrote: `audio.mp3.vtt`, or, as others do, `audio.vtt`. Blocks. Raises: TransientError."""
    for suffix in SUFFIXES:
        for path in (audio.with_name(audio.name + suffix), audio.with_suffix(suffix)):
            if path.is_file():
                try:
                    with path.open("rb") as file:
                        data = file.read(MAX_TRANSCRIPT_BYTES + 1)
                except OSError as error:  # a program that runs as somebody else
                    raise trouble(error, path, "read") from error
                if len(data) > MAX_TRANSCRIPT_BYTES:
                    raise PermanentError(f"it wrote more than {MAX_TRANSCRIPT_BYTES // 1_000_000} MB of {suffix}")
                if data.strip():
                    return f"the {suffix} that it wrote", data
    return None


def _ending(status: int) -> str:
    return f"it was ended by signal {status - 128}" if status > 128 else f"it failed with status {status}"


def _trouble(kind: type[InkwellError], says: str, last_lines: Sequence[str]) -> InkwellError:
    last = f"; its last words: {' / '.join(last_lines)}" if last_lines else ""
    return kind(says + last, todo="see the run's log; every run tries it again")
