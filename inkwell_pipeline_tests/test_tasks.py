"""Work on many episodes: in order, bounded, and what an error of one means for the others."""

import asyncio
import logging
from collections.abc import Sequence
from queue import SimpleQueue

import pytest

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.models import AssetName, Episode
from inkwell_pipeline.tasks import advice, each_episode, parted
from inkwell_pipeline_tests.builders import episode


def episodes(count: int) -> list[Episode]:
    return [episode(key=f"{number:016x}", title=f"Episode {number}") for number in range(count)]


def titles(given: Sequence[Episode]) -> list[str]:
    return [one.title for one in given]


async def test_results_are_in_the_order_of_the_episodes() -> None:
    """Whoever ends first: here each one waits until the one after it has ended."""
    given = episodes(5)
    ended = {one.key: asyncio.Event() for one in given}

    async def work(one: Episode) -> str:
        if one is not given[-1]:
            await ended[given[given.index(one) + 1].key].wait()
        ended[one.key].set()
        return one.title

    async with asyncio.timeout(10):
        assert await each_episode(work, given, limit=5, asset="notes") == titles(given)


async def test_as_many_as_the_limit_are_at_work_and_no_more() -> None:
    """A host or a provider that allows three at once gets three: not twelve, and not one after the other."""
    three_are_here = asyncio.Barrier(3)
    at_work, most = 0, 0

    async def work(one: Episode) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await three_are_here.wait()
        at_work -= 1

    async with asyncio.timeout(10):
        await each_episode(work, episodes(12), limit=3, asset="extraction")

    assert (most, at_work) == (3, 0)


async def test_each_episode_is_worked_on_once() -> None:
    """Workers share one list of what waits; none is forgotten, none is paid for twice."""
    worked_on: list[str] = []

    async def work(one: Episode) -> None:
        worked_on.append(one.key)
        await asyncio.sleep(0)

    given = episodes(50)
    await each_episode(work, given, limit=7, asset="transcript")

    assert sorted(worked_on) == [one.key for one in given]


async def test_nothing_to_do_is_done_at_once() -> None:
    """A feed without new episodes is no error."""

    async def work(one: Episode) -> None:
        raise AssertionError("there is no episode")

    assert await each_episode(work, [], limit=8, asset="notes") == []


async def test_an_error_of_ours_is_that_episodes_failure(log_lines: SimpleQueue[logging.LogRecord]) -> None:
    """The others finish; the failure says which episode, where it stopped, and the line for the user, logged too."""

    async def work(one: Episode) -> str:
        if one.title == "Episode 1":
            raise PermanentError("the host answers 404", feed=one.feed, episode=one.title)
        if one.title == "Episode 2":
            raise TransientError("the host did not answer in time")
        return one.title

    given = episodes(4)
    results = await each_episode(work, given, limit=2, asset="transcript")

    line = "feed rivers, episode Episode 1: the host answers 404"
    assert [one if isinstance(one, str) else one.key for one in results] == [
        "Episode 0",
        given[1].key,
        given[2].key,
        "Episode 3",
    ]
    _, (first, second) = parted(results)
    assert (first.title, first.asset, first.error) == ("Episode 1", "transcript", line)
    assert first.todo == advice(PermanentError("the host answers 404"), asset="transcript", episode=given[1])
    assert (second.error, second.todo) == ("the host did not answer in time", "likely to pass: run again")
    assert log_lines.get_nowait().getMessage() == line


@pytest.mark.parametrize(
    ("error", "asset", "says"),
    [
        (PermanentError("404"), "transcript", "put a transcript at <data_dir>/transcripts/rivers/0123456789abcdef.vtt"),
        (PermanentError("is no feed"), "feed", "see whether the feed's address is still right"),
        (PermanentError("is not UTF-8 text"), "notes", "mend the cause"),
        (TransientError("no answer"), "transcript", "run again"),
        (TransientError("503", todo="run again then"), "feed", "run again then"),
        (PermanentError("401", todo="check `auth`"), "transcript", "check `auth`"),
    ],
)
def test_every_error_comes_with_what_to_do(error: InkwellError, asset: AssetName, says: str) -> None:
    """Its own word where it has one, else what helps where it happened."""
    assert says in advice(error, asset=asset, episode=episode())


async def test_a_bug_of_ours_ends_the_group() -> None:
    """A ValueError is no bad feed: it is raised, the work of the others is cancelled, and what waits is not begun."""
    others_are_in = asyncio.Barrier(3)
    begun: list[str] = []
    cancelled: list[str] = []

    async def work(one: Episode) -> None:
        begun.append(one.title)
        await others_are_in.wait()
        if one.title == "Episode 1":
            raise ValueError("a bug")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(one.title)
            raise

    async with asyncio.timeout(10):
        with pytest.raises(ExceptionGroup) as caught:
            await each_episode(work, episodes(6), limit=3, asset="notes")

    assert [repr(error) for error in caught.value.exceptions] == ["ValueError('a bug')"]
    assert begun == ["Episode 0", "Episode 1", "Episode 2"]
    assert sorted(cancelled) == ["Episode 0", "Episode 2"]


async def test_cancelling_the_run_cancels_the_work() -> None:
    """Ctrl-C lets every `finally` run before the run ends; no task is left behind."""
    both_are_in = asyncio.Barrier(3)
    closed: list[str] = []

    async def work(one: Episode) -> None:
        try:
            await both_are_in.wait()
            await asyncio.Event().wait()
        finally:
            closed.append(one.title)

    run = asyncio.create_task(each_episode(work, episodes(5), limit=2, asset="notes"))
    await both_are_in.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert sorted(closed) == ["Episode 0", "Episode 1"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
