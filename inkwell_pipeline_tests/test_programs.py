"""A program that a run begins ends with the run, whatever becomes of either, and so does all that it has begun."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from inkwell_pipeline.programs import Ended, NotBegun, Overran, Program, run_program
from inkwell_pipeline_tests.installation import wait_until


def program(*arguments: str, timeout_s: float = 30, most_bytes: int = 1_000_000) -> Program:
    return Program(arguments, Path.cwd(), timeout_s, most_bytes)


def shell(script: str, **limits: float) -> Program:
    return program("sh", "-c", script, **limits)  # type: ignore[arg-type]


def living(mark: str) -> list[str]:
    """The processes with this word in their command lines, zombies aside."""
    listed = subprocess.run(["ps", "-wweo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(maxsplit=2) for line in listed.splitlines())
    return [row[2] for row in rows if len(row) == 3 and mark in row[2] and not row[1].startswith("Z")]


async def test_output_and_last_words_are_told_apart() -> None:
    """The captions are on one, what a person wants to know of a failure on the other."""
    lines: list[str] = []
    outcome = await run_program(shell("echo out; echo one >&2; printf 'two\\rthree\\n' >&2; exit 3"), tell=lines.append)

    assert outcome == Ended(3, b"out\n", ("one", "two", "three"))
    assert sorted(lines) == ["one", "out", "three", "two"]


async def test_a_program_that_is_not_there_is_a_value() -> None:
    """With its name, as a shell would say it."""
    assert await run_program(program("no-such-program")) == NotBegun("no-such-program: No such file or directory")


async def test_a_status_of_127_with_output_is_the_programs_own() -> None:
    """A script in which something is missing has begun, and has said something."""
    assert await run_program(shell("echo a; exit 127")) == Ended(127, b"a\n", ("a",))


async def test_a_signal_shows_in_the_status() -> None:
    """128 and its number: how a program ends that the kernel kills for its memory."""
    outcome = await run_program(shell("kill -9 $$"))

    assert isinstance(outcome, Ended)
    assert outcome.status == 128 + signal.SIGKILL


@pytest.mark.parametrize("stubborn", ["", "trap '' TERM; "])
async def test_time_is_up_for_its_children_too(stubborn: str) -> None:
    """Also where they have left its group, and where it does not heed SIGTERM."""
    mark = f"6{uuid4().int % 10**8}"  # of a sleep that is nobody else's
    script = f"{stubborn}sleep {mark} & setsid sleep {mark} & echo working >&2; while :; do sleep 0.1; done"
    outcome = await run_program(shell(script, timeout_s=1))

    assert outcome == Overran("it was ended after 1 s", ("working",))
    assert await asyncio.to_thread(living, mark) == []


async def test_what_a_program_leaves_behind_ends_with_it() -> None:
    """Its output may be in other hands: that would never end."""
    mark = f"6{uuid4().int % 10**8}"
    outcome = await run_program(shell(f"sleep {mark} & (setsid sleep {mark} &) ; echo done"))

    assert outcome == Ended(0, b"done\n", ("done",))
    assert await asyncio.to_thread(living, mark) == []


async def test_more_output_than_anybody_reads_ends_it() -> None:
    """It would fill the memory."""
    outcome = await run_program(program("yes", most_bytes=2_000_000))

    assert outcome == Overran("it writes more than 2 MB", ("y",))


async def test_errors_without_an_end_are_no_output() -> None:
    """Programs say on them what they like; the last lines are kept, and cut."""
    outcome = await run_program(shell("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo; echo last >&2"))

    assert isinstance(outcome, Ended)
    assert outcome.last_lines[-1] in ("last", "x" * 300)


async def test_a_cancellation_ends_it() -> None:
    """And is over when it has ended."""
    mark = f"6{uuid4().int % 10**8}"
    running = asyncio.ensure_future(run_program(shell(f"sleep {mark}")))
    await asyncio.to_thread(wait_until, lambda: any("sleep" in line for line in living(mark)), "the program")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert running.cancelled()
    assert await asyncio.to_thread(living, mark) == []


async def test_cancelled_at_any_moment_nothing_is_left() -> None:
    """From before it has begun to after its end."""
    mark = f"6{uuid4().int % 10**8}"
    for turns in range(12):
        running = asyncio.ensure_future(run_program(shell(f"exec sleep {mark}")))
        await asyncio.sleep(turns * 0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert await asyncio.to_thread(living, mark) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_no_orphan(number: signal.Signals) -> None:
    """`kill -9` gives it no chance to end anything; Ctrl-C comes to all processes of a terminal at once."""
    mark = f"6{uuid4().int % 10**8}"
    script = f"""
import asyncio
from pathlib import Path
from inkwell_pipeline.programs import Program, run_program
asyncio.run(run_program(Program(["sh", "-c", "sleep {mark} & sleep {mark}"], Path.cwd(), 60, 1000)))
"""
    run = subprocess.Popen(
        [sys.executable, "-c", script], start_new_session=True, stderr=subprocess.DEVNULL, env=os.environ
    )
    wait_until(lambda: len([line for line in living(mark) if line.startswith("sleep")]) == 2, "both")
    os.killpg(run.pid, number)
    run.wait()

    wait_until(lambda: living(mark) == [], "the end of all", at_most_s=20)


async def test_many_at_once_keep_their_output_apart() -> None:
    """Each has pipes and a warden of its own."""
    outcomes = await asyncio.gather(*(run_program(shell(f"echo {number}; exit {number}")) for number in range(8)))

    assert outcomes == [Ended(n, f"{n}\n".encode(), (str(n),)) for n in range(8)]
