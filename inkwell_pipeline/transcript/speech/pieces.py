"""Long audio in pieces: cut where nobody speaks, heard one by one, put together again with the times of the whole.

Belongs here: where to cut (pure), ffmpeg, which does it, and joining (pure). Does not: what a service takes
(`service.py`).
ffmpeg first makes one channel of 16 kHz out of it, which is what recognisers work on, at a constant 64 kbit/s: then a
second is 8 KB everywhere, so that pieces can be cut without decoding them again, and often one piece is enough.
"""

import errno
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.files import read_bytes, trouble
from inkwell_pipeline.models import Segment
from inkwell_pipeline.programs import Ended, NotBegun, Overran, Program, run_program
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline.transcript.speech.hearer import Heard, Recording

__all__ = ["Piece", "cuts", "joined", "pieces_of"]

BYTES_A_SECOND = 8_000
SPARE = 0.97  # of a limit: headers, and the last packet of a piece
EARLIEST = 0.6  # of the longest piece, from where on a silence is looked for
SILENCE = "silencedetect=noise=-35dB:duration=0.4"
SAID = re.compile(r"silence_(start|end): (-?[0-9.]+)")
TOLD_APART = re.compile(r"Speaker [A-Z0-9]{1,3}")  # as `recognised.py` calls those whose names nobody knows
MOST_OUTPUT = 1_000_000
ENCODING = ("-vn", "-ac", "1", "-ar", "16000", "-c:a", "libmp3lame", "-b:a", "64k")


@dataclass(frozen=True)
class Piece:
    """A file, and which seconds of the whole it holds; `end_s` None: to the end, which nobody knows."""

    path: Path
    start_s: float
    end_s: float | None

    @property
    def length_s(self) -> float | None:
        return None if self.end_s is None else self.end_s - self.start_s


async def pieces_of(recording: Recording, *, most_bytes: int, longest_s: float | None) -> list[Piece]:
    """The recording itself where it is within both limits; else pieces that are, in its folder.

    Raises: PermanentError (there is no ffmpeg, or it cannot read the file), TransientError (it takes too long).
    """
    audio = recording.audio
    is_short = longest_s is None or (audio.duration_s is not None and audio.duration_s <= longest_s)
    if audio.size_bytes <= most_bytes and is_short:
        return [Piece(audio.path, 0.0, audio.duration_s)]
    if (ffmpeg := await in_thread(shutil.which, "ffmpeg")) is None:
        size = f"{audio.size_bytes / 1e6:.3g} MB are more than the service takes ({most_bytes / 1e6:.3g} MB)"
        long = f"it is longer than the {(longest_s or 0) / 60:.0f} minutes that the service takes"
        raise PermanentError(
            f"{size if audio.size_bytes > most_bytes else long}, and there is no ffmpeg to cut it",
            todo="install ffmpeg; or raise `max_mb` of this source in the config, where its service takes more",
        )
    whole = recording.folder / "whole.mp3"
    silences = _Silences()
    arguments = [ffmpeg, "-nostdin", "-hide_banner", "-i", str(audio.path), "-af", SILENCE, *ENCODING, "-y", str(whole)]
    await _ffmpeg(arguments, recording, silences.line)
    length_s = (await in_thread(whole.stat)).st_size / BYTES_A_SECOND
    longest_s = min(longest_s or float("inf"), most_bytes * SPARE / BYTES_A_SECOND)
    places = cuts(silences.found, length_s=length_s, longest_s=longest_s)
    if not places:
        return [Piece(whole, 0.0, audio.duration_s or length_s)]
    return await _cut(ffmpeg, whole, places, recording)


def cuts(silences: Sequence[tuple[float, float]], *, length_s: float, longest_s: float) -> list[float]:
    """Where to cut so that no piece is longer than that: in the middle of the longest silence near its end, or, where
    nobody is ever silent, at its end."""
    found: list[float] = []
    at_s = 0.0
    while length_s - at_s > longest_s:
        earliest_s, latest_s = at_s + longest_s * EARLIEST, at_s + longest_s
        within = [(max(begin, earliest_s), min(end, latest_s)) for begin, end in silences]
        middles = [min(latest_s, max(earliest_s, (begin + end) / 2)) for begin, end in silences]
        fit = [(end - begin, middle) for (begin, end), middle in zip(within, middles, strict=True) if begin <= end]
        at_s = max(fit)[1] if fit else latest_s
        found.append(round(at_s, 3))
    return found


def joined(heard: Sequence[Heard]) -> Heard:
    """One of all. What it cost is not known where one piece's is not."""
    costs = [one.cost_usd for one in heard]
    return Heard(
        segments=tuple(
            segment if number == 1 else _of_its_piece(segment, number)
            for number, one in enumerate(heard, start=1)
            for segment in one.segments
        ),
        language=next((one.language for one in heard if one.language), None),
        cost_usd=None if None in costs else sum(filter(None, costs), Decimal(0)),
        remarks=tuple(dict.fromkeys(remark for one in heard for remark in one.remarks)),
    )


def _of_its_piece(segment: Segment, number: int) -> Segment:
    """Who is told apart in one piece is nobody of another: its `Speaker A` may be anybody there."""
    if segment.speaker is None or not TOLD_APART.fullmatch(segment.speaker):
        return segment
    return segment.model_copy(update={"speaker": f"{segment.speaker} ({number})"})


class _Silences:
    """Reads them off ffmpeg's lines."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float]] = []
        self._began_s = 0.0

    def line(self, line: str) -> None:
        for match in SAID.finditer(line):
            if match[1] == "start":
                self._began_s = max(0.0, float(match[2]))
            else:
                self.found.append((self._began_s, float(match[2])))


async def _cut(ffmpeg: str, whole: Path, places: Sequence[float], recording: Recording) -> list[Piece]:
    listed, pattern = recording.folder / "pieces.csv", recording.folder / "piece-%03d.mp3"
    times = ",".join(f"{place:.3f}" for place in places)
    copying = ["-f", "segment", "-segment_times", times, "-c", "copy", "-reset_timestamps", "1"]
    listing = ["-segment_list", str(listed), "-segment_list_type", "csv"]
    arguments = [ffmpeg, "-nostdin", "-hide_banner", "-i", str(whole), *copying, *listing, "-y", str(pattern)]
    await _ffmpeg(arguments, recording, lambda _: None)
    rows = [row.split(",") for row in (await read_bytes(listed) or b"").decode().splitlines() if row]
    return [Piece(recording.folder / name, float(start), float(end)) for name, start, end in rows]


async def _ffmpeg(arguments: Sequence[str], recording: Recording, tell: Callable[[str], None]) -> None:
    program = Program(arguments, recording.folder, recording.timeout_s, MOST_OUTPUT)
    outcome = await run_program(program, tell=tell)
    match outcome:
        case Ended(status=0):
            return
        case Ended(last_lines=lines) if any("No space left" in line for line in lines):
            raise trouble(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), recording.folder, "write")
        case Ended(last_lines=lines):
            raise PermanentError(f"ffmpeg cannot read the audio: {' / '.join(lines)}")
        case Overran():
            raise TransientError(f"ffmpeg takes too long to cut the audio: {outcome.why}")
        case NotBegun():
            raise PermanentError(f"ffmpeg cannot be run: {outcome.why}")
        case _:
            assert_never(outcome)
