"""Audio that somebody really speaks: espeak-ng reads lines aloud, one by one, so that the time of each is known.

Belongs here: making it, and what a recogniser that hears every word right would give. Does not: who hears it.
"""

import json
import os
import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkwell_pipeline.transcript import read_transcript

__all__ = ["Spoken", "SpokenLine", "as_vtt", "required", "sample_lines", "silence", "speak"]

SAMPLE = Path(__file__).parents[2] / "inkwell_pipeline" / "sample" / "transcripts" / "1.vtt"
PAUSE_S = 0.7
VOICE = ("-v", "en-us+f2", "-s", "130")  # of espeak-ng's voices the one that a real recogniser hears best


@dataclass(frozen=True)
class SpokenLine:
    """A line and when it is spoken, in seconds from the start of the audio."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Spoken:
    """A WAV, and its lines in order."""

    path: Path
    lines: tuple[SpokenLine, ...]
    length_s: float

    def script(self, path: Path) -> Path:
        """The lines in the form that the fake recogniser reads."""
        path.write_text(json.dumps([[one.start_s, one.end_s, one.text] for one in self.lines]))
        return path

    def said_at_s(self, words: str) -> float:
        """When these words begin to be spoken, by their line's time and their place in it. Raises: LookupError."""
        sought = words.casefold().split()
        texts = [(line, line.text.casefold().split()) for line in self.lines]
        flat = [(word.strip(".,?!"), line, nth, len(of)) for line, of in texts for nth, word in enumerate(of)]
        plain = [word for word, *_ in flat]
        sought = [word.strip(".,?!") for word in sought]
        for at in range(len(plain) - len(sought) + 1):
            if plain[at : at + len(sought)] == sought:
                _, line, nth, count = flat[at]
                return line.start_s + (line.end_s - line.start_s) * nth / count
        raise LookupError(words)


def required(program: str) -> None:
    """Skips the test where the program is not installed; fails it where CI says that all are."""
    if shutil.which(program) is None:
        assert not os.environ.get("INKWELL_SPEECH"), f"there is no {program}"
        pytest.skip(f"there is no {program}")


def sample_lines(count: int) -> list[str]:
    """The first lines of the bundled sample's script."""
    return [segment.text for segment in read_transcript(SAMPLE.read_bytes()).segments[:count]]


def speak(lines: Sequence[str], path: Path, *, pause_s: float = PAUSE_S) -> Spoken:
    """Speaks them into a WAV at `path`."""
    required("espeak-ng")
    spoken: list[SpokenLine] = []
    with wave.open(str(path), "wb") as whole:
        at_s = 0.0
        for number, text in enumerate(lines):
            one = path.with_name(f"{path.stem}-{number}.wav")
            subprocess.run(["espeak-ng", *VOICE, "-w", str(one), "--", text], check=True)
            with wave.open(str(one), "rb") as part:
                if number == 0:
                    whole.setparams(part.getparams())
                rate, frames = part.getframerate(), part.readframes(part.getnframes())
                length_s = part.getnframes() / rate
            one.unlink()
            pause = bytes(2 * int(pause_s * rate))
            whole.writeframes(frames + pause)
            spoken.append(SpokenLine(round(at_s, 3), round(at_s + length_s, 3), text))
            at_s += length_s + len(pause) / 2 / rate
    return Spoken(path, tuple(spoken), at_s)


def silence(path: Path, seconds: float, *, rate: int = 8000) -> Path:
    """A WAV in which nobody speaks, 8 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(b"\x80" * int(seconds * rate))
    return path


def as_vtt(spoken: Spoken) -> bytes:
    """What a recogniser that hears all of it would write."""
    cues = [f"{_time(one.start_s)} --> {_time(one.end_s)}\n{one.text}\n" for one in spoken.lines]
    return "\n".join(["WEBVTT\n", *cues]).encode()


def _time(seconds: float) -> str:
    return f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{seconds % 60:06.3f}"
