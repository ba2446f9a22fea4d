"""What tells who holds the loop: the parts add up, and agree with the package's own meter."""

import asyncio
import time

import pytest

from inkwell_pipeline.loop_meter import LoopMeter, meter_loop
from inkwell_pipeline_tests.benchmarks.attribution import Mark, Piece, attributed
from inkwell_pipeline_tests.benchmarks.loop_watch import WatchedLoop, sampled

hold = time.sleep


def piece(began_s: float, ended_s: float, *, cpu_s: float) -> Piece:
    return Piece(None, Mark(began_s, 0.0), Mark(ended_s, cpu_s))


def test_a_sample_stands_for_the_time_since_the_one_before() -> None:
    """The last one for the rest, too; time off the CPU is a wait, and a collection is what it is wherever it was."""
    samples = [Mark(1.02, 0.02, "ours", "a"), Mark(1.05, 0.03, "Dagster's writes", "b", waits_by_nature=True)]

    held = attributed([piece(1.0, 1.1, cpu_s=0.05)], samples, [(1.0, 1.01, 7)], thread=7)

    assert dict(held.causes) == pytest.approx(
        {"garbage collection": 0.01, "ours": 0.01, "Dagster's writes": 0.08, "waits for GIL or machine": 0.0}
    )
    assert held.blocked_s == pytest.approx(0.1)


def test_time_off_the_cpu_is_a_wait() -> None:
    """A turn of ours that had the CPU for a tenth of its time has waited for the rest."""
    held = attributed([piece(1.0, 1.1, cpu_s=0.01)], [Mark(1.1, 0.01, "ours", "a")], [], thread=7)

    assert held.causes == pytest.approx({"ours": 0.01, "waits for GIL or machine": 0.09})


def test_what_no_sample_fell_into_is_said() -> None:
    """It is a remainder, and nobody's."""
    held = attributed([piece(1.0, 1.1, cpu_s=0.01)], [Mark(0.9, 0.0, "ours", "a")], [], thread=7)

    assert held.causes == pytest.approx({"not sampled": 0.1, "waits for GIL or machine": 0.0})


def test_a_body_is_cut_where_the_meter_cuts_it() -> None:
    """Its turns begin and end between what is done just outside and just inside: the rest is another piece."""
    edges: list[float] = []

    def edge() -> None:
        edges.append(time.perf_counter())

    async def metered() -> LoopMeter:
        hold(0.02)
        edge()
        with meter_loop() as meter:
            edge()
            hold(0.03)
            edge()
            await asyncio.sleep(0)
            edge()
            hold(0.05)
            edge()
        edge()
        hold(0.02)
        return meter

    with asyncio.Runner(loop_factory=WatchedLoop) as runner, sampled([loop := runner.get_loop()]) as samples:  # type: ignore[list-item]
        meter = runner.run(metered())
    assert isinstance(loop, WatchedLoop)
    first, second = [piece for piece in loop.watch.pieces if piece.body == 0]
    held = attributed([first, second], samples, [], thread=loop.watch.thread)

    marks = [first.began.at_s, first.ended.at_s, second.began.at_s, second.ended.at_s]
    assert sorted([*edges, *marks]) == [
        edges[0], marks[0], *edges[1:3], marks[1], marks[2], *edges[3:5], marks[3], edges[5]
    ]  # fmt: skip
    inside_s, around_s = edges[2] - edges[1] + edges[4] - edges[3], edges[5] - edges[0]
    assert inside_s <= held.blocked_s <= around_s
    assert inside_s <= meter.blocked_s <= around_s
    assert len(loop.watch.pieces) >= 4
