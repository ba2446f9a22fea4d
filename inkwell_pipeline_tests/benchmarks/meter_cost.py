"""What the loop's meter costs, and what it finds of blocks whose size is known, by either of its methods.

Belongs here: work made up for that. Does not: real runs (`blocked.py`).
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random

import uvloop

from inkwell_pipeline.loop_meter import HEARTBEAT_S, meter_loop
from inkwell_pipeline.threads import computed, in_thread
from inkwell_pipeline_tests.benchmarks.loop_watch import CountingLoop

__all__ = ["Cost", "cost_of_meter", "cost_table", "found_table"]

TURNS, ROUNDS = 200_000, 9
BLOCKS_S, INJECTIONS = (0.003, 0.01, 0.05), 30


@dataclass(frozen=True)
class Cost:
    """Of one kind of work: CPU seconds of the loop's thread, and seconds; without the meter, and with it."""

    cpu_s: tuple[float, float]
    added_s: float  # what the meter adds to the loop's thread, round by round; wall times are too noisy to tell
    wall_s: tuple[float, float]
    beats: float

    def __str__(self) -> str:
        without, with_meter = (cpu_s * 1000 for cpu_s in self.cpu_s)
        slower, share = self.wall_s[1] / self.wall_s[0] - 1, self.added_s / self.wall_s[0]
        return (
            f"{without:8.1f} {with_meter:8.1f} ms {share:8.2%} {self.wall_s[0]:8.2f} {self.wall_s[1]:6.2f} s "
            f"{slower:+6.1%} {self.beats:7.0f}"
        )


def cost_of_meter() -> dict[str, Cost]:
    """By kind of work; takes about a minute."""
    return {
        f"{TURNS} turns of one tiny callback": _measured(_turns),
        "hops to threads that compute and wait": _measured(_hops),
        "a second of sleep": _measured(lambda: asyncio.sleep(1)),
    }


def _measured(work: Callable[[], Awaitable[object]]) -> Cost:
    """Medians of rounds with the meter and without it, in turn."""
    cpu_s: dict[bool, list[float]] = {False: [], True: []}
    wall_s: dict[bool, list[float]] = {False: [], True: []}
    beats: list[int] = []

    async def once(with_meter: bool) -> None:
        with meter_loop() if with_meter else nullcontext():
            began_s, cpu_began_s = time.perf_counter(), time.thread_time()
            await work()
            cpu_s[with_meter].append(time.thread_time() - cpu_began_s)
            wall_s[with_meter].append(time.perf_counter() - began_s)

    for number in range(ROUNDS):
        for with_meter in (False, True) if number % 2 else (True, False):
            with asyncio.Runner(loop_factory=CountingLoop) as runner:
                runner.run(once(with_meter))
                loop = runner.get_loop()
                assert isinstance(loop, CountingLoop)
                beats += [loop.beats] if with_meter else []
    middle = statistics.median
    return Cost(
        cpu_s=(middle(cpu_s[False]), middle(cpu_s[True])),
        added_s=middle(with_s - without_s for without_s, with_s in zip(cpu_s[False], cpu_s[True], strict=True)),
        wall_s=(middle(wall_s[False]), middle(wall_s[True])),
        beats=middle(beats),
    )


async def _turns() -> None:
    """The stopwatch has the largest share of these."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def _hops() -> None:
    """Eight workers: each computes in the one thread for that, waits for another, and is on the loop for a little."""

    async def worker() -> None:
        for _ in range(25):
            await computed(_compute, 40_000)
            await in_thread(time.sleep, 0.001)
            _compute(1_000)

    await asyncio.gather(*(worker() for _ in range(8)))


def _compute(steps: int) -> int:
    return sum(number * number for number in range(steps))


def cost_table(costs: dict[str, Cost], *, turns: int, beats: int, wall_s: float) -> str:
    """The costs, and what they are of a run that took so long, with so many turns in bodies and heartbeats."""
    busy, *resting = costs.values()
    turn_s, beat_s = busy.added_s / TURNS, max(cost.added_s / cost.beats for cost in resting)
    share = (turns * turn_s + beats * beat_s) / wall_s
    lines = [
        f"What the meter costs: CPU time of the loop's thread, without and with it; medians of {ROUNDS} rounds",
        f"  {'':38} {'without':>8} {'with it':>8} {'of the time':>12} {'time without, with':>20} {'beats':>14}",
        *(f"  {work:38} {cost}" for work, cost in costs.items()),
        (
            f"  A turn takes {turn_s * 1e6:.2f} µs more, a heartbeat at most {beat_s * 1e6:.0f} µs; a cold run of "
            f"{wall_s:.1f} s has {turns} turns in bodies"
        ),
    ]
    lines.append(f"  and {beats} heartbeats: the meter is {share:.2%} of the run.")
    return "\n".join(lines)


def found_table() -> str:
    """What each method finds of blocks of known sizes, each at a random moment between two heartbeats."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop] | None] = {
        "selector": None,
        "heartbeat (uvloop)": uvloop.new_event_loop,
    }
    lines = [
        f"What the meter finds of a block: `longest_block_ms`, {INJECTIONS} blocks of each size, a meter each",
        f"  {'':20} {'block':>8} {'found':>9} {'median':>9} {'least':>9} {'most':>9}",
    ]
    for method, loop_factory in loops.items():
        for block_s in BLOCKS_S:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                found_s = runner.run(_injected(block_s))
            lines.append(f"  {method:20} {block_s * 1000:5.0f} ms {_row(found_s)}")
    lines += [
        f"  The heartbeat counts from when its timer was due: up to {HEARTBEAT_S * 1000:.0f} ms of it are missing;",
        "  what is left counts above 2 ms alone; two blocks between two beats are one.",
        "  Waits for the GIL and for the machine look like blocks to it.",
    ]
    return "\n".join(lines)


def _row(found_s: Sequence[float]) -> str:
    seen = sum(found > 0 for found in found_s)
    figures = (statistics.median(found_s), min(found_s), max(found_s))
    return f"{seen:3} of {len(found_s)} " + " ".join(f"{figure * 1000:6.2f} ms" for figure in figures)


async def _injected(block_s: float) -> list[float]:
    chance, found_s = Random(1), []
    for _ in range(INJECTIONS):
        with meter_loop() as meter:
            await asyncio.sleep(chance.uniform(HEARTBEAT_S, 2 * HEARTBEAT_S))
            until_s = time.perf_counter() + block_s
            while time.perf_counter() < until_s:
                pass
            await asyncio.sleep(2 * HEARTBEAT_S)
        found_s.append(meter.longest_block_s)
    return found_s
