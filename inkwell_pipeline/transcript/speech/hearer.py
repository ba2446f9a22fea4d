"""The protocol of those who hear: audio in, segments out. `docs/transcripts.md` says how to add one.

Belongs here: what a hearer is given and gives. Does not: the hearers, and what surrounds them (`hearing.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from inkwell_pipeline.models import Segment, Transcript

__all__ = ["Audio", "Heard", "Hearer", "Progress", "Recording", "usual_timeout_s"]

LEAST_TIMEOUT_S, TIMEOUT_FACTOR = 60.0, 4.0
LEAST_BYTES_A_SECOND = 4_000  # of audio of unknown length: 32 kbit/s, less than which is rare


def usual_timeout_s(length_s: float) -> float:
    """How long so much audio may take, where the config does not say."""
    return max(LEAST_TIMEOUT_S, TIMEOUT_FACTOR * length_s)


@dataclass(frozen=True)
class Audio:
    """A whole file on this disk. `sha256` is in hexadecimal; `duration_s` None: neither file nor feed says."""

    path: Path
    sha256: str
    size_bytes: int
    duration_s: float | None

    @property
    def timeout_s(self) -> float:
        """How long a hearer may take, where the config does not say."""
        return usual_timeout_s(self.duration_s or self.size_bytes / LEAST_BYTES_A_SECOND)


@dataclass
class Progress:
    """How far a hearing is, where its run may be stopped.

    `answered`: there is an answer, paid for or worked for, that is not in the cache yet; a run that is stopped waits
    for that. `stopping`: nothing more is begun.
    """

    answered: bool = False
    stopping: bool = False


@dataclass(frozen=True)
class Recording:
    """One episode to be heard.

    `audio.path` lies in `folder`, which is this hearing's own, and gone after it. `told`: to be called with each line
    that says how far it is; `heard`: with the seconds of the audio that are done.
    """

    audio: Audio
    folder: Path
    feed: str
    key: str  # the episode's
    title: str
    place: int  # of the episode in its run
    timeout_s: float
    told: Callable[[str], None]
    heard: Callable[[float], None]
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Heard:
    """What was said, in order of time; nothing, where nobody speaks. `cost_usd`: of all requests; None: nobody knows.

    `remarks`: what was lost.
    """

    segments: tuple[Segment, ...]
    language: str | None = None
    cost_usd: Decimal | None = Decimal(0)
    remarks: tuple[str, ...] = ()

    def transcript(self, source: str) -> Transcript:
        """The same as it is kept; `source`: the hearer's name."""
        return Transcript(source=source, language=self.language, remarks=self.remarks, segments=self.segments)


class Hearer(Protocol):
    """A program, a service, a model."""

    @property
    def name(self) -> str:
        """What people read beside an episode whose text it gave."""

    @property
    def identity(self) -> str:
        """In the cache's keys: all that changes what it makes of the same audio."""

    @property
    def timeout_s(self) -> float | None:
        """What the config says; None: as the audio's length has it."""

    def check(self) -> None:
        """Before any audio is fetched. Raises: PermanentError, where it could not be asked: no program, no key."""

    @property
    def usd_per_minute(self) -> Decimal | None:
        """None: nobody knows."""

    async def hear(self, recording: Recording) -> Heard:
        """Raises: PermanentError, TransientError, without feed and episode. What it has begun ends with it."""
