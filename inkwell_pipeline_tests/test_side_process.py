"""A process beside the run's: answers come to who asked, and its end is told to all that wait; real processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.side_process import SideProcess

ECHO = "inkwell_pipeline_tests.fakes.echo"
ASKS_AND_DIES = """
import asyncio, os, sys
from inkwell_pipeline.side_process import SideProcess

async def main() -> None:
    said = await SideProcess(sys.argv[1]).ask({"text": "hello"})
    print(said["pid"], flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


@pytest.fixture
def side() -> Iterator[SideProcess]:
    side = SideProcess(ECHO)
    yield side
    side.close()


async def test_answers_come_to_who_asked(side: SideProcess) -> None:
    """Many at once, whatever order they are answered in; one process for all."""

    said = await asyncio.gather(*(side.ask({"text": f"{n}", "late_s": 0.2 - n / 100}) for n in range(20)))

    assert [one["text"] for one in said] == [f"{n}" for n in range(20)]
    assert len({one["pid"] for one in said}) == 1


def test_it_serves_one_loop_after_the_other(side: SideProcess) -> None:
    """A run has a loop of its own; the process stays."""

    pids = [asyncio.run(side.ask({"text": "hello"}))["pid"] for _ in range(2)]

    assert pids[0] == pids[1]


async def test_its_death_is_told_and_the_next_question_begins_another(side: SideProcess) -> None:
    """Nobody waits for ever."""
    first = await side.ask({"text": "hello"})
    waiting = asyncio.create_task(side.ask({"text": "late", "late_s": 30}))
    await asyncio.sleep(0.1)
    with pytest.raises(TransientError, match="has ended"):
        await side.ask({"text": "die"})
    with pytest.raises(TransientError, match="has ended"):
        await waiting

    assert (await side.ask({"text": "hello"}))["pid"] != first["pid"]


async def test_what_is_asked_of_one_that_is_ending_is_told_too(side: SideProcess) -> None:
    """A process that ends may close its output before its input, which takes a question still."""
    first = await side.ask({"text": "hello"})
    with pytest.raises(TransientError, match="has ended"):
        await side.ask({"text": "fall silent"})

    assert (await asyncio.wait_for(side.ask({"text": "hello"}), 20))["pid"] != first["pid"]


async def test_a_cancellation_is_passed_on(side: SideProcess) -> None:
    """What nobody waits for need not be done."""
    waiting = asyncio.create_task(side.ask({"text": "late", "late_s": 30}))
    await side.ask({"text": "hello"})
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert (await side.ask({"text": "hello"}))["cancelled"] == [2]


async def test_signals_that_stop_a_run_leave_it_to_its_work(side: SideProcess) -> None:
    """A terminal sends them to all processes of a run at once; an answer that is paid for is to come through."""
    pid = (await side.ask({"text": "hello"}))["pid"]
    waiting = asyncio.create_task(side.ask({"text": "late", "late_s": 0.3}))
    await asyncio.sleep(0.1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)

    assert (await waiting)["text"] == "late"


def test_it_ends_with_who_began_it() -> None:
    """Also where that is killed."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", ASKS_AND_DIES, ECHO], cwd=root, capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)

    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
