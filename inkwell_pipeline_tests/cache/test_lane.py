"""How calls are gathered, who works on them, and what a caller that leaves or fails does to the others."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.cache.lane import Lane, Steps, StoringLane, abreast
from inkwell_pipeline_tests.fakes.system import SlowSystem

A_WHILE_S = 30.0  # nothing takes so long but a dead end
LARGE = "large " * 100_000


class Counted(ThreadPoolExecutor):
    """A pool that knows how often it was sent work: the hops."""

    hops = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.hops += 1
        return super().submit(fn, *args, **kwargs)


class NoThreads(Executor):
    """A pool of a machine that has no threads left."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        raise RuntimeError("can't start new thread")


async def test_a_turns_calls_cost_few_hops() -> None:
    """A thousand awaits of one turn are a batch, without anybody having said so."""
    with Counted(4) as pool:
        lane = Lane(pool, widest=4)
        await asyncio.gather(*(lane.ask(lambda: None) for _ in range(100)))  # now it knows how fast they are
        pool.hops = 0

        came = await asyncio.gather(*(lane.ask(partial(int, number)) for number in range(1000)))

    assert came == list(range(1000))
    assert pool.hops < 20


async def test_fast_work_is_done_by_one_thread() -> None:
    """Threads that contend for Python's lock are slower than one; the lane finds out for itself."""
    threads: set[int] = set()
    with ThreadPoolExecutor(8) as pool:
        lane = Lane(pool, widest=8)
        await lane.ask_all([lambda: None] * 1000)

        await lane.ask_all([lambda: threads.add(threading.get_ident())] * 1000)

    assert len(threads) <= 2  # a second only where the machine stood still between two pieces


async def test_slow_work_is_done_by_all_threads_at_once() -> None:
    """Work that waits does so beside other work that waits: a barrier that only all of them together pass."""
    together = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        lane = Lane(pool, widest=8)

        came = await lane.ask_all([lambda: together.wait(A_WHILE_S)] * 8)

    assert sorted(map(str, came)) == [str(place) for place in range(8)]


async def test_errors_are_a_pieces_own() -> None:
    """The piece that fails gives its exception; its neighbours in the batch give what they give."""

    def fails() -> int:
        raise ValueError("this one")

    with ThreadPoolExecutor(2) as pool:
        came = await Lane(pool, widest=2).ask_all([lambda: 1, fails, lambda: 3])

    assert [str(outcome) for outcome in came] == ["1", "this one", "3"]


async def test_nothing_asked_is_nothing_done() -> None:
    """An empty list of requests is answered with an empty list."""
    with ThreadPoolExecutor(1) as pool:
        assert await Lane(pool, widest=1).ask_all([]) == []


async def test_a_cancelled_caller_is_dropped_without_harm() -> None:
    """What it wanted to read is not read; the others get theirs."""
    done: list[str] = []
    goes_on, is_at_it = threading.Event(), threading.Event()

    def holds() -> None:
        is_at_it.set()
        goes_on.wait(A_WHILE_S)

    with ThreadPoolExecutor(1) as pool:
        lane = Lane(pool, widest=1)
        first = lane.ask(holds)
        await asyncio.to_thread(is_at_it.wait, A_WHILE_S)
        leaves, stays = lane.ask(lambda: done.append("left")), lane.ask(lambda: done.append("stayed"))
        leaves.cancel()
        goes_on.set()
        await asyncio.gather(first, stays)
        await lane.idle()

    assert done == ["stayed"]


def steps(log: list[str], name: str, *, fails_at: int | None = None) -> Steps[str]:
    """Work of three steps, each of which is in the log."""
    for step in range(3):
        if step:
            yield
        if step == fails_at:
            raise OSError(name)
        log.append(f"{name}{step}")
    return name


async def test_what_a_cancelled_caller_stores_is_stored() -> None:
    """All its steps are done, like those of the others."""
    log: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        lane = StoringLane(pool, widest=1)
        leaves, stays = lane.ask(lambda: steps(log, "left")), lane.ask(lambda: steps(log, "stayed"))
        leaves.cancel()
        assert await stays == "stayed"
        await lane.idle()

    assert {"left2", "stayed2"} <= set(log)


def test_work_goes_abreast() -> None:
    """All do the first step before any does the second; one that fails ends there, and the others go on."""
    log: list[str] = []

    came = abreast([steps(log, "a"), steps(log, "b", fails_at=1), steps(log, "c")])

    assert [str(outcome) for outcome in came] == ["a", "b", "c"]
    assert isinstance(came[1], OSError)
    assert log == ["a0", "b0", "c0", "a1", "c1", "a2", "c2"]


@pytest.mark.parametrize(("works", "at_once", "together"), [(40, 8, 8), (40, 1, 1), (3, 8, 1)])
async def test_a_thread_takes_its_share(works: int, at_once: int, together: int) -> None:
    """Of many that wait it takes several abreast; of a few just one, since other threads do the rest sooner."""
    log: list[str] = []
    with ThreadPoolExecutor(1) as pool:  # so that nothing goes on beside it, though the lane would have four
        lane = StoringLane(pool, widest=4, abreast=at_once)
        await lane.ask_all([partial(steps, log, f"{number}-") for number in range(works)])

    first = [line.partition("-")[2] for line in log].index("1")
    assert first == together


async def test_where_no_thread_can_be_had_nobody_waits_for_ever() -> None:
    """The machine's refusal reaches each caller as an error."""
    lane = Lane(NoThreads(), widest=4)

    async with asyncio.timeout(A_WHILE_S):
        came = await asyncio.gather(lane.ask(int), lane.ask(int), return_exceptions=True)

    assert [str(error) for error in came] == ["can't start new thread"] * 2


class RefusesLate(ThreadPoolExecutor):
    """As Python's own where no thread can be started: it has put the work in its queue before it says so."""

    refuses = True

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        sent = super().submit(fn, *args, **kwargs)
        if self.refuses:
            raise RuntimeError("can't start new thread")
        return sent


async def test_what_a_refusing_pool_does_later_is_not_lost() -> None:
    """The refused piece of work lies in the pool's queue; it takes the next call, whose caller must hear of it."""
    goes_on = threading.Event()
    with RefusesLate(1) as pool:
        ThreadPoolExecutor.submit(pool, goes_on.wait, A_WHILE_S)
        lane = Lane(pool, widest=1)
        with pytest.raises(RuntimeError, match="thread"):
            await lane.ask(int)
        pool.refuses = False
        second = lane.ask(lambda: "second")
        await asyncio.sleep(0)
        goes_on.set()

        async with asyncio.timeout(A_WHILE_S):
            assert await second == "second"


async def test_what_a_thread_has_begun_reaches_its_caller_though_the_worker_is_cancelled() -> None:
    """A loop that ends cancels all tasks, ours too; a caller that cleans up meanwhile must not wait for ever."""
    goes_on, is_at_it = threading.Event(), threading.Event()

    def holds() -> str:
        is_at_it.set()
        goes_on.wait(A_WHILE_S)
        return "begun"

    with ThreadPoolExecutor(1) as pool:
        lane = Lane(pool, widest=1)
        begun = lane.ask(holds)
        await asyncio.to_thread(is_at_it.wait, A_WHILE_S)
        workers = asyncio.all_tasks() - {asyncio.current_task()}
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
        later = lane.ask(lambda: "later")
        goes_on.set()

        async with asyncio.timeout(A_WHILE_S):
            assert [await begun, await later] == ["begun", "later"]


async def test_two_may_close_a_cache(tmp_path: Path) -> None:
    """An `async with` that ends while another task closes the same cache is no error."""
    cache = TranscriptionCache(tmp_path)
    task = asyncio.create_task(cache.set("a", "said"))
    await asyncio.sleep(0)

    await asyncio.gather(cache.aclose(), cache.aclose(), task)

    assert await TranscriptionCache(tmp_path).get("a") == "said"


async def test_a_cache_uses_no_thread_of_the_loops_own(tmp_path: Path) -> None:
    """The loop's default pool looks up names; a cache that filled it would keep requests waiting."""
    asyncio.get_running_loop().set_default_executor(_Refuses())
    async with TranscriptionCache(tmp_path / "cache") as cache:
        await cache.set("a", "said")

        async def compute() -> str:
            return "computed"

        assert await cache.get_or_compute("b", compute) == "computed"
        assert await cache.get_many(["a", "b"]) == ["said", "computed"]
        assert (await cache.get_stats())["file_count"] == 2
        await cache.clear()


class _Refuses(ThreadPoolExecutor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        raise AssertionError("a call to the loop's own pool")


def test_a_cache_outlives_a_loop(tmp_path: Path) -> None:
    """Each loop has lanes of its own: one that has ended, also in the midst of a read, harms no later one."""
    cache = TranscriptionCache(tmp_path)

    async def leaves_in_between() -> None:
        await cache.set("a", "said")
        task = asyncio.create_task(cache.get("a"))
        await asyncio.sleep(0)
        task.cancel()

    for _ in range(20):
        asyncio.run(leaves_in_between())
    assert asyncio.run(cache.get("a")) == "said"


def test_loops_in_threads_use_a_cache_at_once(tmp_path: Path) -> None:
    """Four loops, one object: every value arrives where it was asked for."""
    cache = TranscriptionCache(tmp_path)
    came: dict[int, list[str | None]] = {}

    async def use(number: int) -> list[str | None]:
        await cache.set_many([(f"{number}-{one}", f"{number}-{one}") for one in range(50)])
        return list(await asyncio.gather(*(cache.get(f"{number}-{one}") for one in range(50))))

    def run(number: int) -> None:
        came[number] = asyncio.run(use(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(A_WHILE_S)

    assert came == {number: [f"{number}-{one}" for one in range(50)] for number in range(4)}


async def test_a_cancelled_set_is_stored_before_the_cache_closes(tmp_path: Path) -> None:
    """Its caller is gone, but it was paid for: `aclose` waits for it."""
    cache = TranscriptionCache(tmp_path)
    task = asyncio.create_task(cache.set("a", "paid for"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    await cache.aclose()

    assert (task.cancelled(), await TranscriptionCache(tmp_path).get("a")) == (True, "paid for")


async def test_templates_wait_for_a_slow_disk_side_by_side(tmp_path: Path) -> None:
    """Four templates of an episode in the time of one: all four are in `open` at the same moment."""
    await ExtractionCache(tmp_path).set_many([(f"t{number}", "1", "said", f"{number}") for number in range(4)])
    slow = SlowSystem(open_s=0.05)
    async with ExtractionCache(tmp_path, system=slow) as cache:
        came = await asyncio.gather(*(cache.get(f"t{number}", "1", "said") for number in range(4)))

    assert came == ["0", "1", "2", "3"]
    assert slow.most_at_once == 4


async def test_of_large_entries_two_at_a_time_are_in_memory(tmp_path: Path) -> None:
    """Bytes in flight are bounded: ten large reads at once are read two by two, and a small one goes past them."""
    await TranscriptionCache(tmp_path).set_many([*((f"{number}", LARGE) for number in range(10)), ("small", "said")])
    order: list[str] = []
    all_in, small_came = threading.Barrier(11), threading.Event()
    slow = SlowSystem(on_open=lambda number: all_in.wait(A_WHILE_S) if number <= 11 else small_came.wait(A_WHILE_S))

    async with TranscriptionCache(tmp_path, system=slow) as cache:

        async def get(url: str) -> None:
            assert await cache.get(url) in (LARGE, "said")
            order.append(url)
            if url == "small":
                small_came.set()

        await asyncio.gather(*(get(f"{number}") for number in range(10)), get("small"))
        first_look = slow.most_at_once

        # now all are known to be large: the lane for them alone
        slow.most_at_once = 0
        keys = [partial(cache.key, f"{number}") for number in range(10)]
        await cache._store._mine().large_reads.ask_all([partial(cache._store._folder.read, key) for key in keys])

    assert order[0] == "small"
    assert (first_look, slow.most_at_once) == (11, 2)


async def test_ten_reads_at_once_take_fifty_milliseconds(tmp_path: Path) -> None:
    """A benchmark by its nature, so with ten times that: the machine may be busy. `make bench` has the figure."""
    cache = TranscriptionCache(tmp_path)
    await cache.set_many([(f"{number}", "said " * 1000) for number in range(10)])
    loop = asyncio.get_running_loop()

    began_s = loop.time()
    came = await asyncio.gather(*(cache.get(f"{number}") for number in range(10)))

    assert came == ["said " * 1000] * 10
    assert loop.time() - began_s < 0.5


async def test_a_result_goes_round(tmp_path: Path) -> None:
    """What is set is what one gets, by the same template, version and transcript, and by no other."""
    cache = ExtractionCache(cache_dir=tmp_path, ttl_seconds=2592000)
    assert await cache.get("summary", "1", "what was said") is None

    await cache.set("summary", "1", "what was said", "in short")

    assert await cache.get("summary", "1", "what was said") == "in short"
    assert await cache.get("summary", "2", "what was said") is None
    assert await cache.get("summary", "1", await cache.digest("what was said")) == "in short"
