"""A stand-in for the library of this name, found by its folder on PYTHONPATH: it knows a script instead of a model.

Belongs here: the names and shapes of faster-whisper 1.2 that we use. Does not: hearing. `model` is the path of a
script; one that is not there fails as a model that cannot be had does. INKWELL_FAKE_WHISPER names a file that is told
how it was asked.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float


@dataclass
class Segment:
    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: list[Word] | None
    temperature: float | None


@dataclass
class TranscriptionInfo:
    language: str
    language_probability: float
    duration: float


class WhisperModel:
    def __init__(
        self,
        model_size_or_path: str,
        device: str = "auto",
        device_index: int | list[int] = 0,
        compute_type: str = "default",
        cpu_threads: int = 0,
        num_workers: int = 1,
        download_root: str | None = None,
        local_files_only: bool = False,
    ) -> None:
        if not Path(model_size_or_path).exists():
            raise RuntimeError(f"Unable to open file 'model.bin'\n in model '{model_size_or_path}'")
        self._lines = json.loads(Path(model_size_or_path).read_text())
        if log := os.environ.get("INKWELL_FAKE_WHISPER"):
            Path(log).write_text(json.dumps({"device": device, "compute": compute_type, "root": download_root}))

    def transcribe(
        self,
        audio: str,
        language: str | None = None,
        *,
        word_timestamps: bool = False,
        vad_filter: bool = False,
        condition_on_previous_text: bool = True,
    ) -> tuple[Iterator[Segment], TranscriptionInfo]:
        assert Path(audio).stat().st_size
        return self._segments(word_timestamps), TranscriptionInfo(language or "en", 0.99, self._lines[-1][1])

    def _segments(self, word_timestamps: bool) -> Iterator[Segment]:
        for nth, (start, end, text) in enumerate(self._lines):
            time.sleep(0.01)
            said = text.split()
            step = (end - start) / len(said)
            words = [Word(start + at * step, start + (at + 1) * step, f" {word}", 0.9) for at, word in enumerate(said)]
            yield Segment(nth, 0, start, end, f" {text}", [], -0.2, 1.2, 0.01, words if word_timestamps else None, 0.0)
