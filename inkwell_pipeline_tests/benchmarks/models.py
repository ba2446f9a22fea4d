"""Runs that ask a model: how long they take beside an empty run, what they cost, how long they hold their loops.

The provider is a fake in a process of its own, and answers after 200 ms; the SDK is the real one.
Belongs here: the runs and their table. Does not: how a loop is watched (`blocked.py`), other whole runs (`runs.py`).
"""

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, chdir
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg

from inkwell_pipeline.defs.instance import open_instance
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.benchmarks.blocked import BODIES, HeldLoop, run_apart
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.runs import EMPTY, OURS, forget, materialise
from inkwell_pipeline_tests.benchmarks.show import make_show, served_apart, write_config
from inkwell_pipeline_tests.fakes.providers import ProviderProcess, Rates, Usage, provider_process

__all__ = ["print_table"]

EPISODES, TRANSCRIPT_BYTES, LATENCY_S, AT_ONCE, TEMPLATES = 50, 60_000, 0.2, 32, 4
LONG_BYTES = 1_251_000  # 10,000 cues
MODEL = "anthropic:claude-haiku-4-5"
RATES = Rates(Decimal(1), Decimal("1.25"), Decimal("0.1"), Decimal(5))
ANSWER = "inkwell_pipeline_tests.fakes.note_taker:answer"
COLD, CACHED = 3.5, 1.3  # times an empty run
OURS_HELD_MS = 5.0


def print_table(*, rounds: int = 5) -> None:
    """Whole processes in turn; then runs that are watched from inside; then what the provider counted."""
    with tempfile.TemporaryDirectory() as name:
        folder, site = Path(name), Path(name) / "site"
        site.mkdir()
        with served_apart(site) as base_url, _provider() as provider:
            make_show(site, base_url, episodes=EPISODES, transcript_bytes=TRANSCRIPT_BYTES)
            more = f"model: {MODEL}\nconcurrency: {{llm: {AT_ONCE}}}\n"
            write_config(folder, base_url, newest=EPISODES, more=more)
            environment = provider.environment()

            def cold() -> float:
                forget(folder)
                return materialise(folder, OURS, **environment)

            cold()  # the provider's cache has nothing yet: of this one the cost is told
            asked = provider.memory()

            rows: dict[str, Callable[[], float]] = {
                "empty run: four assets that do nothing": lambda: materialise(folder, EMPTY),
                f"{EPISODES} episodes, {TEMPLATES} templates, cold": cold,
                "the same, cached": lambda: materialise(folder, OURS, **environment),
            }
            times_s = {row: list[float]() for row in rows}
            for _ in range(rounds):
                for row, measure in rows.items():
                    times_s[row].append(measure())
            requests = provider.memory()["requests"]
            held = _watched(folder, rounds, environment)
            sdk_ms = _published(folder)
            make_show(site, base_url, episodes=1, transcript_bytes=LONG_BYTES)
            long = _watched(folder, rounds, environment)
    print_lines([*_times(times_s), "", *_held(held, long, sdk_ms), "", *_costs(asked, requests, rounds)])


def _watched(folder: Path, rounds: int, environment: Mapping[str, str]) -> list[HeldLoop]:
    """Cold runs, looked at from inside."""
    held = []
    for _ in range(rounds):
        forget(folder)
        held.append(run_apart(folder, with_samples=True, **environment))
    return held


def _provider() -> AbstractContextManager[ProviderProcess]:
    return provider_process("--latency-ms", str(LATENCY_S * 1000), "--answer", ANSWER)


def _times(times_s: dict[str, list[float]]) -> list[str]:
    floor = statistics.median(next(iter(times_s.values())))
    lines = [f"{'':42} {'median':>8} {'min':>8} {'max':>8} {'ratio':>7}"]
    for row, seconds in times_s.items():
        middle = statistics.median(seconds)
        lines.append(f"{row:42} {middle:7.2f}s {min(seconds):7.2f}s {max(seconds):7.2f}s {middle / floor:6.2f}x")
    waits_s = EPISODES * TEMPLATES * LATENCY_S
    one_by_one_s = floor + waits_s
    lines.append(
        f"{'one request after the other, at least':42} {one_by_one_s:7.2f}s {'':26} {one_by_one_s / floor:6.2f}x"
    )
    lines.append(f"asked for: cold at most {COLD}x, cached at most {CACHED}x")
    return lines


def _held(runs: Sequence[HeldLoop], long: Sequence[HeldLoop], sdk_ms: tuple[float, float]) -> list[str]:
    """What of the long turns was ours, in all four bodies; and the other loop, of the last run."""
    ours_ms = [sum(run.held_s[body].get("ours", 0.0) for body in BODIES) * 1000 for run in runs]
    blocked_ms = [run.published_s["extraction"] * 1000 for run in runs]
    return [
        f"the longest that our own code holds the run's loop: {_longest(runs)}",
        f"  an episode of 10,000 cues, alone: {_longest(long)}",
        f"  asked for: at most {OURS_HELD_MS}; all of it, in turns above 2 ms: {statistics.median(ours_ms):.0f} ms",
        f"  by anything, waits for the GIL too, in `extraction` (`blocked_ms`): {statistics.median(blocked_ms):.0f} ms",
        f"the loop of the SDK: held for {sdk_ms[0]:.0f} ms in all, {sdk_ms[1]:.0f} ms at most, in the last run",
    ]


def _longest(runs: Sequence[HeldLoop]) -> str:
    longest_ms = [run.ours_longest_s * 1000 for run in runs]
    said = ", ".join(f"{one:.1f}" for one in longest_ms)
    return f"median {statistics.median(longest_ms):.1f} ms ({said})"


def _published(folder: Path) -> tuple[float, float]:
    """`calls_blocked_ms` and `calls_longest_block_ms` of the newest extraction."""
    with chdir(folder), open_instance(load_settings({})) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("extraction"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    return (
        float(str(metadata["calls_blocked_ms"].value)),
        float(str(metadata["calls_longest_block_ms"].value)),
    )


def _costs(asked: dict[str, Any], requests: int, rounds: int) -> list[str]:
    usage = Usage(**asked["usage"])
    cost, uncached = usage.cost_usd(RATES), usage.uncached().cost_usd(RATES)
    of_cached = requests - asked["requests"] * (rounds + 1)
    at_once = f"{asked['most_in_flight']} at once at most; {of_cached} in the cached ones"
    return [
        f"{asked['requests']} requests in a cold run, {at_once}",
        f"cost by the provider's own count: ${cost:.4f}, {cost / uncached:.2f} of the same requests without its cache",
    ]
