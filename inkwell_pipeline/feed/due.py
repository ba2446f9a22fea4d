"""Which episodes are due: computed from what is, never from what changed. Pure.

Belongs here: what a sensor asks for, and why it does not. Does not: asking the host (`poll.py`), Dagster's runs
(`defs/`), how far episodes have come (`progress.py`).

Due is an episode that the feed has, or had, since its watching began, that has no note, is in no unfinished run, and
has not been given up. So a tick that is lost, a crash, a run by hand can neither lose an episode nor note it twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, TypeAlias

from inkwell_pipeline.feed.choose import newest_first
from inkwell_pipeline.feed.present import Present, Sketch
from inkwell_pipeline.progress import Baseline, EpisodeProgress, Noted, Progress, Request, Setback

__all__ = ["Ended", "Row", "Runs", "State", "Verdict", "begun", "judge", "rows_of", "settle", "waiting_until"]

# until an episode is tried again, by how often it has failed: a host's bad hour, its bad day, its bad weekend
DELAYS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
OF_BUDGET = timedelta(hours=1)  # the config may allow more then, or the month be over
FIRST_PODCASTS = 2001  # a date before it is a clock that was never set, and says nothing
State: TypeAlias = Literal["due", "in a run", "waiting", "done", "without transcript", "given up", "before"]


@dataclass(frozen=True)
class Ended:
    """A run that is over, whether it succeeded or not."""

    run_id: str
    at: datetime


@dataclass(frozen=True)
class Runs:
    """What the history of runs says of a feed. `working`: the keys in unfinished runs.

    `unknown` counts the unfinished runs that do not say yet on what they work; `requested` is what became of the runs
    that were asked for, by run key.
    """

    working: frozenset[str] = frozenset()
    unknown: int = 0
    requested: Mapping[str, Ended | Literal["unfinished", "missing"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """An episode, and where it stands. `until`: when a waiting one is due again."""

    key: str
    title: str
    published: datetime | None
    audio_url: str | None
    state: State
    progress: EpisodeProgress | None
    until: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """Every episode of a feed that counts, oldest first, and the run to ask for now, if any."""

    rows: tuple[Row, ...]
    request: Request | None = None
    unknown_runs: int = 0

    def of(self, state: State) -> list[Row]:
        return [row for row in self.rows if row.state == state]


def begun(progress: Progress, present: Present, *, newest: Sequence[str], now: datetime) -> Progress:
    """The progress of a feed that is looked at for the first time: `newest` are the keys of the episodes to begin with.

    All others that it has are of before; and so is, later, whatever is older than the oldest of those: a feed that
    shows its whole archive one day is not to be noted as a whole.
    """
    if progress.baseline is not None:
        return progress
    taken = set(newest)
    dates = [sketch.published for sketch in present.episodes if sketch.key in taken and sketch.published]
    before = frozenset(sketch.key for sketch in present.episodes) - taken
    baseline = Baseline(at=now, published=min(dates, default=None), keys=before)
    return progress.model_copy(update={"baseline": baseline})


def settle(progress: Progress, runs: Runs) -> Progress:
    """The progress after the runs that were asked for and are over: what they did not come to has failed.

    A run that never came about is as if it had not been asked for.
    """
    left: list[Request] = []
    for request in progress.requests:
        # one that the history was not asked about is younger than the history
        match runs.requested.get(request.run_key, "unfinished"):
            case Ended() as ended:
                progress = progress.with_episodes(
                    {key: _settled(progress, key, request, ended) for key in request.attempts}
                )
            case "unfinished":
                left.append(request)
            case "missing":
                pass
    return progress if len(left) == len(progress.requests) else progress.model_copy(update={"requests": tuple(left)})


def judge(
    progress: Progress, present: Present | None, runs: Runs, *, at_most: int, now: datetime
) -> tuple[Progress, Verdict]:
    """Where each episode stands, and the run to ask for: of those due the oldest, `at_most` of them.

    The progress that is given back remembers the request, and whatever is due, so that it stays due when the feed has
    it no more. `progress` is settled (`settle`), and of a feed whose watching has begun (`begun`).
    """
    rows = rows_of(progress, present, runs, now=now)
    progress = _remembering(progress, rows)
    due = [row for row in rows if row.state == "due"][:at_most]
    # what an unknown run works on will be known soon; until then anything might be asked for twice
    if runs.unknown or not due:
        return progress, Verdict(rows, unknown_runs=runs.unknown)
    request = _request(due, epoch=progress.epoch, now=now)
    return progress.model_copy(update={"requests": (*progress.requests, request)}), Verdict(rows, request)


def rows_of(progress: Progress, present: Present | None, runs: Runs, *, now: datetime) -> tuple[Row, ...]:
    """Every episode that the feed has, or had when it counted, oldest first: what it sheds first is asked for first."""
    return tuple(_rows(progress, present, runs, now=now))


def waiting_until(progress: EpisodeProgress) -> datetime | None:
    """When an episode that has failed is due again; None: it has not."""
    if progress.setback is not None and progress.setback.reason == "budget":
        return progress.setback.at + OF_BUDGET
    if progress.setback is None or not progress.failures:
        return None
    return progress.setback.at + DELAYS[min(progress.failures, len(DELAYS)) - 1]


def _settled(progress: Progress, key: str, request: Request, ended: Ended) -> EpisodeProgress:
    before = progress.episodes.get(key) or EpisodeProgress(title=key)
    told = [one for one in (before.noted, before.setback) if one is not None]
    # another run may have told of the episode since: by hand, and after this one
    if not any(one.run_id == ended.run_id or one.at > request.at for one in told):
        says = f"the run {ended.run_id[:8]} ended before it came to this episode"
        setback = Setback(at=ended.at, run_id=ended.run_id, asset=None, error=says, todo="see why in that run's log")
        before = progress.failed(key, before.title, setback, by_hand=False)
    return before.model_copy(update={"asked": max(before.asked, request.attempts[key])})


def _rows(progress: Progress, present: Present | None, runs: Runs, *, now: datetime) -> Iterator[Row]:
    sketches = {sketch.key: sketch for sketch in (present.episodes if present else ())}
    working = runs.working | frozenset(_requested(progress))
    shed = [
        Sketch(key=key, title=one.title, published=one.published)
        for key, one in progress.episodes.items()
        if key not in sketches
    ]
    for sketch in reversed(newest_first([*sketches.values(), *shed])):
        one = progress.episodes.get(sketch.key)
        state, until = _state(sketch, one, progress.baseline, working, now=now)
        yield Row(sketch.key, sketch.title, sketch.published, sketch.audio_url, state, one, until)


def _requested(progress: Progress) -> Iterator[str]:
    """The keys that runs were asked for, and have not told of yet: a run tells shortly before it ends."""
    for request in progress.requests:
        for key in request.attempts:
            one = progress.episodes.get(key) or EpisodeProgress(title=key)
            if not any(told.at >= request.at for told in (one.noted, one.setback) if told is not None):
                yield key


def _state(
    sketch: Sketch, one: EpisodeProgress | None, baseline: Baseline | None, working: frozenset[str], *, now: datetime
) -> tuple[State, datetime | None]:
    if sketch.key in working:
        return "in a run", None
    if one is not None and one.is_given_up:
        return "given up", None
    if one is not None and (until := waiting_until(one)) is not None and now < until:
        return "waiting", until
    if one is not None and one.noted is not None:
        return _state_of_noted(sketch, one.noted), None
    # also where a run by hand has tried it in vain: whoever tries out an old episode does not subscribe to it
    if (one is None or not one.was_due) and baseline is not None and _is_before(sketch, baseline):
        return "before", None
    return "due", None


def _state_of_noted(sketch: Sketch, noted: Noted) -> State:
    """Without a transcript it is due again when one is newly offered."""
    if noted.source is not None:
        return "done"
    return "due" if sketch.offers and set(sketch.offers) != set(noted.offers) else "without transcript"


def _is_before(sketch: Sketch, baseline: Baseline) -> bool:
    if sketch.key in baseline.keys:
        return True
    if sketch.published is None or baseline.published is None or sketch.published.year < FIRST_PODCASTS:
        return False
    return sketch.published < baseline.published


def _remembering(progress: Progress, rows: Sequence[Row]) -> Progress:
    """With an entry for each episode that is due, under the name and date that the feed gives it now."""
    changed = {}
    for row in rows:
        one = row.progress or EpisodeProgress(title=row.title, published=row.published)
        if row.state == "due" and not one.was_due:
            changed[row.key] = one.model_copy(update={"was_due": True})
    return progress.with_episodes(changed)


def _request(due: Sequence[Row], *, epoch: str, now: datetime) -> Request:
    """Equal requests have equal run keys, which Dagster runs once; an attempt more, or a new file, makes another."""
    attempts = {row.key: (row.progress.asked if row.progress else 0) + 1 for row in due}
    named = " ".join(f"{key}:{attempt}" for key, attempt in sorted(attempts.items()))
    digest = sha256(f"{epoch} {named}".encode()).hexdigest()[:12]
    return Request(run_key=f"{digest}-attempt-{max(attempts.values())}", at=now, attempts=attempts)
