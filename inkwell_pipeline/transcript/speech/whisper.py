"""faster-whisper on this machine, in a process of its own: it takes the memory, and holds the GIL, that a run must not.

Belongs here: our side of that process. Does not: its side (`whisper_child.py`), what is in its output
(`recognised.py`).
"""

import json
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.metering import counters
from inkwell_pipeline.programs import Ended, NotBegun, Overran, Program, run_program
from inkwell_pipeline.source_settings import WhisperSource
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.reading import UnreadableTranscript
from inkwell_pipeline.transcript.speech.hearer import Heard, Recording
from inkwell_pipeline.transcript.speech.recognised import read_recognised

__all__ = ["WhisperHearer"]

CHILD = Path(__file__).with_name("whisper_child.py")
MOST_BYTES = 100_000_000  # words with their times take far more room than captions
INSTALL = "pip install 'inkwell-pipeline[whisper]'"


class WhisperHearer:
    """One model. `folder`: the config's, which paths in it are relative to."""

    def __init__(self, source: WhisperSource, *, folder: Path) -> None:
        self._source, self._folder = source, folder

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def identity(self) -> str:
        source = self._source
        return f"faster-whisper {source.model} {source.compute_type} {source.language or ''}"

    @property
    def _models(self) -> str | None:
        return None if self._source.folder is None else str(self._folder / Path(self._source.folder).expanduser())

    @property
    def _model(self) -> str:
        """A name, or a folder: relative to the config."""
        model = self._source.model
        return str(self._folder / Path(model).expanduser()) if model.startswith((".", "~", "/")) else model

    @property
    def timeout_s(self) -> float | None:
        return self._source.timeout_s

    @property
    def usd_per_minute(self) -> Decimal | None:
        return Decimal(0)

    def check(self) -> None:
        if find_spec("faster_whisper") is None:
            raise PermanentError("faster-whisper is not installed", todo=f"install the extra `whisper`: {INSTALL}")

    async def hear(self, recording: Recording) -> Heard:
        source = self._source
        asked = {
            "audio": str(recording.audio.path),
            "model": self._model,
            "folder": self._models,
            "device": source.device,
            "compute_type": source.compute_type,
            "language": source.language,
        }
        arguments = [sys.executable, "-P", "-W", "ignore", str(CHILD), json.dumps(asked)]
        program = Program(arguments, self._folder, recording.timeout_s, MOST_BYTES)
        outcome = await run_program(program, tell=recording.told)
        match outcome:
            case Ended(status=0):
                recording.progress.answered = True
                try:
                    heard = await computed(read_recognised, outcome.output)
                except UnreadableTranscript as error:
                    raise PermanentError(f"it heard nothing that can be used: {error.text}") from None
                counters().heard_s += recording.audio.duration_s or 0.0
                return heard
            case Ended():
                last = " / ".join(outcome.last_lines)
                raise PermanentError(
                    f"it failed: {last}", todo="check `model` and `folder` of this source in the config"
                )
            case Overran():
                raise TransientError(outcome.why, todo="a smaller `model` is faster; or raise its `timeout_s`")
            case NotBegun():
                raise PermanentError(f"its process cannot be begun: {outcome.why}")
            case _:
                assert_never(outcome)
