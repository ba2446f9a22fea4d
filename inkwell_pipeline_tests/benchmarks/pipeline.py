"""The whole pipeline before and after: 50 episodes of four templates, on a synchronous cache and on ours.

Belongs here: what a run takes, and how long it holds the loop for an episode. Does not: the caches' own figures
(`cache.py`), whole processes (`runs.py`): the start of Python and of Dagster, the same for all, would come on top.
Every run is a Dagster run on a real instance, of all four assets; the feed comes from another process.
"""

import shutil
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from inkwell_pipeline.extraction import Extractor, OfflineExtractor
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.benchmarks.cache_rivals import Storage
from inkwell_pipeline_tests.benchmarks.other_rooms import CACHES, AwaitedModel, defs_on
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.show import make_show, served_apart
from inkwell_pipeline_tests.defs.runs import Run, instance_at, settings_for

__all__ = ["SCENARIOS", "Scenario", "print_table"]

ASSETS, TRANSCRIPT_BYTES = ("feed", "transcript", "extraction", "notes"), 60_000
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SLOW = Storage(0.010)
BEFORE = next(iter(CACHES))  # the other caches are held against it


@dataclass(frozen=True)
class Scenario:
    """Under what circumstances the caches are compared. A cached run follows the cold one before it."""

    name: str
    extractor: Extractor
    storage: Storage
    cold: bool
    rounds: int


@dataclass(frozen=True)
class _Came:
    """What came of one run."""

    took_s: float
    blocked_ms: float
    longest_block_ms: float
    waited_ms: float


MODEL = AwaitedModel()
SCENARIOS = (
    Scenario("cold, offline extractor", OfflineExtractor(), Storage(), cold=True, rounds=3),
    Scenario("cold, a model that answers in 50 ms", MODEL, Storage(), cold=True, rounds=2),
    Scenario("cached", MODEL, Storage(), cold=False, rounds=5),
    # what is waited for 10 ms a time is much the same each time
    Scenario("slow storage, cold, that model", MODEL, SLOW, cold=True, rounds=1),
    Scenario("slow storage, cached", MODEL, SLOW, cold=False, rounds=1),
)


def print_table(*, episodes: int = 50, scenarios: Sequence[Scenario] = SCENARIOS) -> None:
    """For each scenario a line a cache, the caches taking turns."""
    heads = ("run s", "to before", "least, most", "blocked ms", "longest ms", "waited ms")
    title = f"whole runs of {episodes} episodes (rounds); blocked, waited: an episode"
    print_lines(["", f"{title:64}" + "".join(f"{head:>12}" for head in heads)])
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        site.mkdir()
        with served_apart(site) as base_url:
            make_show(site, base_url, episodes=episodes, transcript_bytes=TRANSCRIPT_BYTES)
            feed = FeedSettings("bench", f"{base_url}/feed.xml", newest=episodes)
            _warm_up(settings_for(Path(name) / "warm", replace(feed, newest=2)))
            for scenario in scenarios:
                print_lines(_lines(scenario, _compared(scenario, Path(name), feed), episodes))


def _warm_up(settings: Settings) -> None:
    """What is imported and read once a process is, so that it is not the first row's."""
    settings.config.parent.mkdir()
    _run(Scenario("warm-up", OfflineExtractor(), Storage(), cold=True, rounds=1), BEFORE, settings)


def _compared(scenario: Scenario, root: Path, feed: FeedSettings) -> dict[str, list[_Came]]:
    came: dict[str, list[_Came]] = {cache: [] for cache in CACHES}
    for _ in range(scenario.rounds):
        for number, cache in enumerate(CACHES):
            folder = root / str(number)
            folder.mkdir(exist_ok=True)
            came[cache].append(_run(scenario, cache, settings_for(folder, feed)))
    return came


def _run(scenario: Scenario, cache: str, settings: Settings) -> _Came:
    if scenario.cold:
        for left in (settings.vault, settings.data_dir):
            shutil.rmtree(left, ignore_errors=True)
    defs = defs_on(settings, CACHES[cache], storage=scenario.storage, extractor=scenario.extractor)
    job = defs.resolve_implicit_global_asset_job_def()
    (feed,) = settings.feeds
    with instance_at(settings.config.parent) as instance:
        began = perf_counter()
        run = Run(job.execute_in_process(partition_key=feed, instance=instance, run_config=QUIET))
        took_s = perf_counter() - began
    figures = [run.metadata(asset) for asset in ASSETS]
    if bool(figures[2]["cache_hits"]) == scenario.cold or figures[3]["failed"]:
        raise ValueError(f"{scenario.name}: {figures[2]['cache_hits']} hits, {figures[3]['failed']} failed")
    return _Came(
        took_s,
        blocked_ms=sum(one["blocked_ms"] for one in figures),
        longest_block_ms=max(one["longest_block_ms"] for one in figures),
        waited_ms=sum(one["cache_io_ms"] for one in figures),
    )


def _lines(scenario: Scenario, came: Mapping[str, list[_Came]], episodes: int) -> list[str]:
    def median(cache: str, of: Callable[[_Came], float]) -> float:
        return statistics.median(of(one) for one in came[cache])

    lines = []
    for cache in CACHES:
        # of runs that followed one another: the machine drifts more than the caches differ
        ratios = [one.took_s / before.took_s for one, before in zip(came[cache], came[BEFORE], strict=True)]
        cells = (
            f"{median(cache, lambda one: one.took_s):12.2f}",
            f"{statistics.median(ratios):12.2f}",
            f"{f'{min(ratios):.2f}, {max(ratios):.2f}':>12}",
            f"{median(cache, lambda one: one.blocked_ms) / episodes:12.2f}",
            f"{median(cache, lambda one: one.longest_block_ms):12.1f}",
            f"{median(cache, lambda one: one.waited_ms) / episodes:12.2f}",
        )
        lines.append(f"{f'{scenario.name} ({scenario.rounds}): {cache}':64}{''.join(cells)}")
    return lines
