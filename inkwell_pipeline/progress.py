"""How far a feed's episodes have come: noted, failed, given up; and from which day on they count.

Belongs here: the shape, what a run's outcome means for it (pure), and its file, `<data_dir>/progress/<feed>.json`.
Does not: what is due (`feed/due.py`), what a feed holds (`feed/present.py`), Dagster's runs (`defs/`).

Two write here: `notes` at the end of a run, and the sensor before it asks for one. Each changes the file as it is then,
under a lock. It may be lost: then the next look at the feed counts as the first.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar
from uuid import uuid4

from filelock import FileLock, Timeout
from pydantic import Field, ValidationError

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.files import read_bytes_now, replace_file_now, trouble
from inkwell_pipeline.models import AssetName, Episode, Frozen, Manifest, Record
from inkwell_pipeline.threads import in_thread

__all__ = ["MOST_FAILURES", "Baseline", "EpisodeProgress", "Noted", "Progress", "ProgressShelf", "Request", "Setback"]

MOST_FAILURES = 5  # runs that sensors ask for in vain before an episode is given up
LOCKED_S = 60.0  # a change takes milliseconds
T = TypeVar("T")
log = logging.getLogger(__name__)


class Noted(Frozen):
    """The episode has its note. `source` is its transcript's; None: it has none, and `offers` are what was offered."""

    at: datetime
    run_id: str
    note: str
    source: str | None
    offers: tuple[str, ...] = ()


class Setback(Frozen):
    """Why the last run made no note of the episode."""

    at: datetime
    run_id: str
    asset: AssetName | None  # None: the run ended before it came to the episode
    error: str
    todo: str = ""
    reason: Literal["budget"] | None = None  # as `Failure.reason`


class EpisodeProgress(Frozen):
    """One episode. `failures` are those in a row of runs that nobody asked for by hand, `asked` all such runs.

    `was_due`: it counted once, and no date that is put right later makes it one of before.
    """

    title: str
    published: datetime | None = None
    noted: Noted | None = None
    setback: Setback | None = None  # since it was noted
    failures: int = 0
    asked: int = 0
    was_due: bool = False

    @property
    def is_given_up(self) -> bool:
        """Sensors leave it alone, until somebody asks for it by hand."""
        return self.failures >= MOST_FAILURES


class Baseline(Frozen):
    """Where a feed's watching began: the episodes of before are `keys`, and whatever is older than `published`."""

    at: datetime
    published: datetime | None = None
    keys: frozenset[str] = frozenset()


class Request(Frozen):
    """A run that a sensor has asked for. `attempts`: by episode's key, the how manieth run for it this is."""

    run_key: str
    at: datetime
    attempts: dict[str, int]


class Progress(Frozen):
    """A feed's episodes that were once due, by key. `epoch` differs from one file to the next, and with it run keys."""

    version: Literal[1] = 1
    epoch: str = Field(default_factory=lambda: uuid4().hex[:8])
    baseline: Baseline | None = None
    episodes: Mapping[str, EpisodeProgress] = Field(default_factory=dict)
    requests: tuple[Request, ...] = ()

    def with_episodes(self, changed: Mapping[str, EpisodeProgress]) -> "Progress":
        return self.model_copy(update={"episodes": {**self.episodes, **changed}}) if changed else self

    def after_run(
        self, manifest: Manifest, episodes: Sequence[Episode], *, by_hand: bool, run_id: str, now: datetime
    ) -> "Progress":
        """What a run's `notes` manifest means. `episodes` are those of its records, with what was offered for them."""
        offered = {episode.key: tuple(offer.url for offer in episode.offers) for episode in episodes}
        changed = {
            record.key: self._noted(record, offered.get(record.key, ()), run_id=run_id, now=now)
            for record in manifest.records
            if record.note is not None
        }
        for failure in manifest.failures:
            told = failure.model_dump(include={"asset", "error", "todo", "reason"})
            setback = Setback(at=now, run_id=run_id, **told)
            changed[failure.key] = self.failed(failure.key, failure.title, setback, by_hand=by_hand)
        return self.with_episodes(changed)

    def failed(self, key: str, title: str, setback: Setback, *, by_hand: bool) -> EpisodeProgress:
        """The episode after a run that made no note of it. A run is counted once, however often it is told.

        One that the budget left over is not given up for that: it is next when there is money again.
        """
        before = self.episodes.get(key) or EpisodeProgress(title=title)
        is_told = before.setback is not None and before.setback.run_id == setback.run_id
        counted = before.failures if by_hand or is_told or setback.reason == "budget" else before.failures + 1
        return before.model_copy(update={"setback": setback, "failures": counted})

    def _noted(self, record: Record, offers: tuple[str, ...], *, run_id: str, now: datetime) -> EpisodeProgress:
        before = self.episodes.get(record.key) or EpisodeProgress(title=record.title)
        noted = Noted(
            at=now,
            run_id=run_id,
            note=record.note or "",
            source=record.source,
            offers=offers if record.source is None else (),
        )
        said = {"title": record.title, "published": record.published, "noted": noted, "setback": None, "failures": 0}
        return before.model_copy(update=said)


class ProgressShelf:
    """Progress by feed. Raises: TransientError, with the path."""

    def __init__(self, data_dir: Path) -> None:
        self._folder, self._locks = data_dir / "progress", data_dir / "locks"

    async def read(self, feed: str) -> Progress:
        """As it is now; a new one where there is none, or it is damaged, with a warning."""
        return await in_thread(self._read, feed)

    async def after_run(
        self, manifest: Manifest, episodes: Sequence[Episode], *, run_id: str, by_hand: bool, now: datetime
    ) -> None:
        """Keeps what a run's `notes` manifest means, as in `Progress.after_run`."""

        def change(before: Progress) -> tuple[Progress, None]:
            return before.after_run(manifest, episodes, run_id=run_id, by_hand=by_hand, now=now), None

        await self.change(manifest.feed, change)

    async def change(self, feed: str, change: Callable[[Progress], tuple[Progress, T]]) -> T:
        """Changes it as it is then, which nobody else changes meanwhile; gives what `change` gives beside it."""
        return await in_thread(self._change, feed, change)  # lock and all: who is stopped here leaves a whole change

    def _change(self, feed: str, change: Callable[[Progress], tuple[Progress, T]]) -> T:
        path = self._locks / f"progress-{feed}.lock"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(path, timeout=LOCKED_S, preserve_lock_file=True, mode=0o600):
                before = self._read(feed)
                after, given = change(before)
                if after != before:
                    data = after.model_dump_json().encode()
                    replace_file_now(self._path(feed), data, mode=0o600)
                return given
        except Timeout:
            todo = "see what other process of this program hangs, then run again"
            raise TransientError(f"{path} has been locked for {LOCKED_S:.0f} s", feed=feed, todo=todo) from None
        except OSError as error:
            raise trouble(error, path, "take the lock") from error

    def _read(self, feed: str) -> Progress:
        if (data := read_bytes_now(self._path(feed))) is None:
            return Progress()
        try:
            return Progress.model_validate_json(data)
        except ValidationError:
            log.warning("%s is damaged, or of another version: the feed's watching begins anew", self._path(feed))
            return Progress()

    def _path(self, feed: str) -> Path:
        return self._folder / f"{feed}.json"
