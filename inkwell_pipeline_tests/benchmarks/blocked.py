"""Who holds the loop in whole runs of 50 episodes, and what it costs to know that there is somebody.

Each run is a process of its own, which does what `inkwell-pipeline run` does, on a Dagster instance with SQLite; the
podcast's host is in this one, so that it does not compete for the run's GIL. Runs that are sampled and runs that are
not take turns: what the sampler adds shows. By itself: `python -m inkwell_pipeline_tests.benchmarks.blocked`.
Belongs here: the runs and the table. Does not: how a loop is watched (`loop_watch.py`), how its time is
attributed (`attribution.py`), the meter by itself (`meter_cost.py`).
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs.instance import open_instance
from inkwell_pipeline.defs.run import run_feeds
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.benchmarks.attribution import CAUSES, attributed
from inkwell_pipeline_tests.benchmarks.loop_watch import collections_timed, sampled, watched
from inkwell_pipeline_tests.benchmarks.meter_cost import cost_of_meter, cost_table, found_table
from inkwell_pipeline_tests.benchmarks.show import make_show, served, write_config

__all__ = ["BODIES", "HeldLoop", "blocked_table", "run_apart"]

EPISODES, TRANSCRIPT_BYTES, ROUNDS = 50, 60_000, 3
BODIES = ("feed", "transcript", "extraction", "notes")
PARTS = (*BODIES, "between")
PLACES = 6  # of each cause that somebody could mend


@dataclass(frozen=True)
class HeldLoop:
    """One run. Seconds by part (a body, or between two) and cause; by cause and place; and as Dagster has it."""

    wall_s: float
    turns: int
    beats: int
    body_s: float
    held_s: dict[str, dict[str, float]]
    places_s: dict[str, dict[str, float]]
    published_s: dict[str, float]
    ours_longest_s: float  # of one turn in a body, what was our own code's


def blocked_table() -> str:
    """Cold and cached runs, attributed; the meter's cost as a share of the cold ones; what it finds. Three minutes."""
    with tempfile.TemporaryDirectory() as name:
        runs = _runs(Path(name))
    cold = runs["cold", False]
    middle = sorted(cold, key=lambda run: run.wall_s)[len(cold) // 2]
    cost = cost_table(cost_of_meter(), turns=middle.turns, beats=middle.beats, wall_s=middle.wall_s)
    return "\n\n".join(
        (
            *(_table(state, runs[state, True], runs[state, False]) for state in ("cold", "cached")),
            _places(runs["cold", True]),
            cost,
            found_table(),
        )
    )


def _runs(folder: Path) -> dict[tuple[str, bool], list[HeldLoop]]:
    """Some of each: cold and cached, sampled and not."""
    runs: dict[tuple[str, bool], list[HeldLoop]] = {}
    site = folder / "site"
    site.mkdir()
    with served(site) as base_url:
        make_show(site, base_url, episodes=EPISODES, transcript_bytes=TRANSCRIPT_BYTES)
        write_config(folder, base_url, newest=EPISODES)
        for _ in range(ROUNDS):
            for with_samples in (True, False):
                for left in ("vault", ".inkwell"):
                    shutil.rmtree(folder / left, ignore_errors=True)
                for state in ("cold", "cached"):
                    runs.setdefault((state, with_samples), []).append(run_apart(folder, with_samples=with_samples))
    return runs


def run_apart(folder: Path, *, with_samples: bool, **more: str) -> HeldLoop:
    """A run in a process of its own, in a folder with a config; `more` are variables of its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "inkwell_pipeline_tests.benchmarks.blocked", "run", *["sampled"] * with_samples],
        cwd=folder,
        env={**environment, **more, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return HeldLoop(**json.loads(done.stdout))


def _run_here(*, with_samples: bool) -> HeldLoop:
    """A run in this process, from the config to the notes, watched."""
    began_s = time.perf_counter()
    with watched() as loops, collections_timed() as collections, sampled(loops if with_samples else []) as samples:
        (outcome,) = run_feeds(["bench"])
    if outcome.troubles:
        sys.exit(outcome.troubles[0].error)
    (loop,) = loops
    watch = loop.watch
    places: dict[str, defaultdict[str, float]] = {cause: defaultdict(float) for cause in CAUSES}
    held_s, ours_longest_s = {}, 0.0
    for number, part in enumerate(PARTS):
        pieces = [piece for piece in watch.pieces if piece.body == (number if part in BODIES else None)]
        held = attributed(pieces, samples, collections, thread=watch.thread)
        held_s[part] = dict(held.causes)
        turns = (attributed([piece], samples, collections, thread=watch.thread) for piece in pieces if part in BODIES)
        ours_longest_s = max(ours_longest_s, *(turn.causes["ours"] for turn in turns), 0.0)
        for (cause, place), length_s in held.places.items():
            places[cause][place] += length_s
    return HeldLoop(
        wall_s=time.perf_counter() - began_s,
        turns=watch.turns,
        beats=loop.beats,
        body_s=watch.body_s,
        held_s=held_s,
        places_s={cause: dict(found) for cause, found in places.items()},
        published_s=_published_s(),
        ours_longest_s=ours_longest_s,
    )


def _published_s() -> dict[str, float]:
    """`blocked_ms` of the newest materialisations: another instrument, the package's own."""
    with open_instance(load_settings()) as instance:
        found = {name: instance.get_latest_materialization_event(dg.AssetKey(name)) for name in BODIES}
    return {
        name: float(str(event.asset_materialization.metadata["blocked_ms"].value)) / 1000
        for name, event in found.items()
        if event is not None and event.asset_materialization is not None
    }


def _table(state: str, runs: Sequence[HeldLoop], unsampled: Sequence[HeldLoop]) -> str:
    """Means, since they add up."""
    whole_ms = _sum_ms(runs, PARTS)
    lines = [
        f"A run of {EPISODES} episodes, {state}: turns of the loop above 2 ms, in ms; means of {len(runs)} runs",
        f"  {'':28}" + "".join(f"{part:>11}" for part in (*PARTS, "whole", "share")),
    ]
    for cause in CAUSES:
        row = [_sum_ms(runs, [part], [cause]) for part in PARTS]
        lines.append(f"  {cause:28}" + _cells([*row, sum(row)]) + f"{sum(row) / whole_ms:11.1%}")
    lines.append(f"  {'held, all of it':28}" + _cells([*(_sum_ms(runs, [part]) for part in PARTS), whole_ms]))
    published = [statistics.mean(run.published_s[body] for run in runs) * 1000 for body in BODIES]
    lines.append(f"  {'`blocked_ms` in the metadata':28}" + _cells(published))
    bare = [_sum_ms(unsampled, [part]) for part in PARTS]
    lines.append(f"  {'held in runs without sampler':28}" + _cells([*bare, sum(bare)]))
    totals = [f"{_sum_ms([run], PARTS):.0f}" for run in runs]
    walls = [f"{run.wall_s:.1f}" for run in runs]
    lines.append(f"  held in each of the runs: {', '.join(totals)} ms, of {', '.join(walls)} s")
    return "\n".join(lines)


def _cells(figures_ms: Sequence[float]) -> str:
    return "".join(f"{figure_ms:11.1f}" for figure_ms in figures_ms)


def _sum_ms(runs: Sequence[HeldLoop], parts: Sequence[str], causes: Sequence[str] = CAUSES) -> float:
    sums = [sum(run.held_s[part].get(cause, 0.0) for part in parts for cause in causes) for run in runs]
    return statistics.mean(sums) * 1000


def _places(runs: Sequence[HeldLoop]) -> str:
    """Where the time of ours, of Dagster, and of imports is: the frame of ours or Dagster's that was the innermost."""
    lines = [f"Where that is, cold: the {PLACES} largest of a cause; ms a run"]
    for cause in CAUSES[:4]:
        found_ms: defaultdict[str, float] = defaultdict(float)
        for run in runs:
            for place, length_s in run.places_s[cause].items():
                found_ms[place] += length_s * 1000 / len(runs)
        largest = sorted(found_ms.items(), key=lambda item: -item[1])[:PLACES]
        lines += [f"  {cause:20} {length_ms:7.1f}  {place}" for place, length_ms in largest]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Prints the table; with `run`, does one run in the current folder, and prints its figures as JSON."""
    if arguments[:1] == ["run"]:
        said = json.dumps(asdict(_run_here(with_samples="sampled" in arguments)))
    else:
        said = blocked_table()
    sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
