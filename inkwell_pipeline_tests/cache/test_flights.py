"""One computation a key, however many tasks, loops and processes ask."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from inkwell_pipeline.cache import Computed, TranscriptionCache
from inkwell_pipeline.errors import TransientError

URL = "https://example.com/1.mp3"
A_WHILE_S = 30.0  # nothing takes so long but a dead end


class Work:
    """A computation that ends when it is told to; it knows how often it began and what became of it."""

    def __init__(self, value: str = "said", error: Exception | None = None) -> None:
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.times, self.was_cancelled = 0, False
        self._value, self._error = value, error

    async def __call__(self) -> str:
        self.times += 1
        self.began.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self._error is not None:
            raise self._error
        return self._value


@pytest.fixture
def cache(tmp_path: Path) -> TranscriptionCache:
    return TranscriptionCache(tmp_path / "cache")


async def asks(
    cache: TranscriptionCache, work: Work, number: int, *, grace_s: float = 0.0
) -> list["asyncio.Task[str]"]:
    """Tasks that wait for `work`, which has begun."""
    tasks = [asyncio.create_task(cache.get_or_compute(URL, work, grace_s=grace_s)) for _ in range(number)]
    await work.began.wait()
    return tasks


async def until_it_ends(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(A_WHILE_S):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_fifty_tasks_cost_one_computation(cache: TranscriptionCache) -> None:
    """All get what the one of them computed, and it is stored."""
    work = Work()
    tasks = await asks(cache, work, 50)
    work.may_end.set()

    assert await asyncio.gather(*tasks) == ["said"] * 50
    assert (work.times, await cache.get(URL)) == (1, "said")


async def test_what_is_stored_is_not_computed(cache: TranscriptionCache) -> None:
    """A hit asks for no lock and calls nobody; the empty text is a hit."""
    await cache.set(URL, "")

    assert await cache.get_or_compute(URL, Work()) == ""


async def test_a_cost_is_stored_with_its_result(cache: TranscriptionCache) -> None:
    """`Computed` says what it cost; a text alone leaves it unknown."""

    async def paid() -> Computed:
        return Computed("said", Decimal("0.12"))

    assert await cache.get_or_compute(URL, paid) == "said"
    (entry,) = await cache.lookup_many([URL])
    assert entry is not None
    assert str(entry.cost_usd) == "0.12"


async def test_the_first_to_ask_may_leave(cache: TranscriptionCache) -> None:
    """A cancelled caller takes the result from nobody, also the one whose call it was that began it."""
    work = Work()
    first, *others = await asks(cache, work, 3)

    first.cancel()
    await asyncio.wait([first])
    work.may_end.set()

    assert await asyncio.gather(*others) == ["said"] * 2
    assert (first.cancelled(), work.times) == (True, 1)


async def test_when_the_last_leaves_the_computation_ends(cache: TranscriptionCache) -> None:
    """Nobody wants it any more, and it costs nothing: it is cancelled, and whoever asks next begins anew."""
    work, again = Work(), Work("said again")
    tasks = await asks(cache, work, 3)
    for task in tasks:
        task.cancel()
    await until_it_ends(lambda: work.was_cancelled)

    again.may_end.set()
    assert await cache.get_or_compute(URL, again) == "said again"


async def test_what_is_paid_for_may_end_when_all_have_left(cache: TranscriptionCache, tmp_path: Path) -> None:
    """Within its grace the answer comes, and is stored though nobody waits for it."""
    work = Work()
    (task,) = await asks(cache, work, 1, grace_s=A_WHILE_S)
    task.cancel()
    await asyncio.wait([task])
    work.may_end.set()

    await cache.aclose()

    assert (work.was_cancelled, await TranscriptionCache(tmp_path / "cache").get(URL)) == (False, "said")


async def test_a_grace_has_an_end(cache: TranscriptionCache) -> None:
    """An answer that does not come is not waited for: the next to ask begins anew."""
    work = Work()
    (task,) = await asks(cache, work, 1, grace_s=0.01)

    task.cancel()

    await until_it_ends(lambda: work.was_cancelled)


async def test_one_may_join_within_the_grace(cache: TranscriptionCache) -> None:
    """What goes on for nobody goes on for whoever comes, as long as they want."""
    work = Work()
    (task,) = await asks(cache, work, 1, grace_s=A_WHILE_S)
    task.cancel()
    await asyncio.wait([task])

    joined = asyncio.create_task(cache.get_or_compute(URL, work))
    work.may_end.set()

    assert (await joined, work.times) == ("said", 1)


async def test_a_failure_reaches_all_and_poisons_nothing(cache: TranscriptionCache) -> None:
    """All that wait get the error; the next to ask tries, and nothing was stored."""
    fails, works = Work(error=TransientError("busy")), Work()
    tasks = await asks(cache, fails, 3)
    fails.may_end.set()
    works.may_end.set()

    came = await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(error) for error in came] == ["busy"] * 3
    assert await cache.get_or_compute(URL, works) == "said"


async def cancels_itself() -> str:
    raise asyncio.CancelledError


@pytest.mark.parametrize("cancelled", [False, True])
async def test_who_asks_in_the_turn_of_a_failure_tries_anew(cache: TranscriptionCache, cancelled: bool) -> None:
    """What has failed is not joined, nor waited for without an end, before its loop has called anybody back."""

    async def fails() -> str:
        if cancelled:
            await cancels_itself()
        raise TransientError("busy")

    first = asyncio.create_task(cache.get_or_compute(URL, fails))
    flights = cache._store._mine().flights
    await until_it_ends(lambda: bool(flights._under_way))
    (flight,) = flights._under_way.values()
    while not flight.task.done():  # noqa: ASYNC110 - looks in every turn, so also in that one
        await asyncio.sleep(0)
    assert flights._under_way, "the moment that this is about"
    again = Work("said again")
    again.may_end.set()

    assert await flights.share(flight.name, again, lock=URL, grace_s=0.0) == "said again"
    await asyncio.wait([first])


async def test_a_computation_that_cancels_itself_is_tried_once_by_each(cache: TranscriptionCache) -> None:
    """Its own caller gets the cancellation, as without a cache; who waited for it computes with their own means."""
    begun, goes_on, times = asyncio.Event(), asyncio.Event(), 0

    async def ends() -> str:
        nonlocal times
        times += 1
        begun.set()
        await goes_on.wait()
        return await cancels_itself()

    own = Work("said")
    own.may_end.set()
    first = asyncio.create_task(cache.get_or_compute(URL, ends))
    await begun.wait()
    second = asyncio.create_task(cache.get_or_compute(URL, own))
    await asyncio.sleep(0.05)  # it has joined, or it will begin itself: the same comes of both
    goes_on.set()
    async with asyncio.timeout(A_WHILE_S):
        await asyncio.wait([first, second])

    assert (first.cancelled(), await second, times) == (True, "said", 1)


async def test_a_computation_may_not_wait_for_another_of_its_cache(cache: TranscriptionCache) -> None:
    """One of four thousand pairs of names shares a lock file, and would wait for itself: so none may, and says so."""

    async def nests() -> str:
        return await cache.get_or_compute("another", Work())

    async with asyncio.timeout(A_WHILE_S):
        with pytest.raises(RuntimeError, match="waits for another"):
            await cache.get_or_compute(URL, nests)


async def test_a_computation_may_wait_for_another_cache(tmp_path: Path, cache: TranscriptionCache) -> None:
    """An extraction computes its transcript: other lock files, and always in that order."""
    other, work = TranscriptionCache(tmp_path / "other"), Work()
    work.may_end.set()

    async def nests() -> str:
        return await other.get_or_compute(URL, work) + " again"

    assert await cache.get_or_compute(URL, nests) == "said again"


async def test_what_a_computation_leaves_behind_may_compute(cache: TranscriptionCache) -> None:
    """A task that it began and that outlives it is no part of it."""
    began, goes_on = list["asyncio.Task[str]"](), asyncio.Event()
    work = Work()
    work.may_end.set()

    async def later() -> str:
        await goes_on.wait()
        return await cache.get_or_compute("another", work)

    async def begins() -> str:
        began.append(asyncio.create_task(later()))
        return "begun"

    assert await cache.get_or_compute(URL, begins) == "begun"
    goes_on.set()
    assert await began[0] == "said"


async def test_aclose_ends_what_costs_nothing(cache: TranscriptionCache) -> None:
    """It waits for no computation without a grace; afterwards the cache refuses."""
    work = Work()
    (task,) = await asks(cache, work, 1)

    await cache.aclose()

    assert work.was_cancelled
    with pytest.raises(RuntimeError, match="closed"):
        await task
    with pytest.raises(RuntimeError, match="closed"):
        await cache.get(URL)


async def test_two_caches_of_a_folder_are_as_two_processes(tmp_path: Path) -> None:
    """The lock is the file's, not the object's: the second waits, then finds it stored."""
    one, other = TranscriptionCache(tmp_path / "cache"), TranscriptionCache(tmp_path / "cache")
    work, second = Work(), Work("too much")
    (task,) = await asks(one, work, 1)
    waits = asyncio.create_task(other.get_or_compute(URL, second))
    work.may_end.set()

    assert (await task, await waits, second.times) == ("said", "said", 0)


def test_loops_in_threads_share_a_cache_and_compute_once(cache: TranscriptionCache) -> None:
    """A cache is no loop's: each has its own waiters, and the lock is between them."""
    times: list[int] = []
    came: list[str] = []

    async def work() -> str:
        times.append(1)
        return "said"

    def run() -> None:
        came.append(asyncio.run(cache.get_or_compute(URL, work)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(A_WHILE_S)

    assert (came, len(times)) == (["said"] * 4, 1)


async def test_a_wait_for_a_lock_holds_no_thread(tmp_path: Path) -> None:
    """A hundred keys that another computes: reads go on beside the hundred that wait."""
    one, other = TranscriptionCache(tmp_path / "cache"), TranscriptionCache(tmp_path / "cache")
    urls = [f"https://example.com/{number}" for number in range(800, 900)]  # no two share a lock file
    work, too_much = Work(), Work("too much")
    computing = [asyncio.create_task(one.get_or_compute(url, work)) for url in urls]
    await until_it_ends(lambda: work.times == len(urls))  # else the other might have the lock of one, and compute it
    waiting = [asyncio.create_task(other.get_or_compute(url, too_much)) for url in urls]
    await asyncio.sleep(0.2)  # two rounds of asking

    await other.set(URL, "beside")
    assert await other.get(URL) == "beside"
    work.may_end.set()

    assert await asyncio.gather(*computing, *waiting) == ["said"] * 200
    assert too_much.times == 0


async def test_lock_files_lie_beside_the_cache_and_stay(cache: TranscriptionCache, tmp_path: Path) -> None:
    """In `cache_dir` there are entries alone; a lock file that went while somebody opened it would lock nothing."""
    work = Work()
    work.may_end.set()
    await cache.get_or_compute(URL, work)

    folder = tmp_path / "cache"
    assert [path.suffix for path in folder.rglob("*") if path.is_file()] == [".entry"]
    assert [path.suffix for path in folder.with_name("cache.locks").iterdir()] == [".lock"]


async def test_a_lock_that_cannot_be_had_is_a_clear_error(tmp_path: Path) -> None:
    """One line with the path, and nothing was computed that could not be stored for all."""
    (tmp_path / "file").write_text("")
    work = Work()

    with pytest.raises(TransientError, match=r"take the lock .*file"):
        await TranscriptionCache(tmp_path / "cache", lock_dir=tmp_path / "file").get_or_compute(URL, work)

    assert work.times == 0


HOLDER = """
import asyncio, sys
from inkwell_pipeline.cache import TranscriptionCache
async def never():
    print("began", flush=True)
    await asyncio.sleep(3600)
asyncio.run(TranscriptionCache(sys.argv[1]).get_or_compute(sys.argv[2], never))
"""


async def test_a_dead_holder_frees_its_key(cache: TranscriptionCache, tmp_path: Path) -> None:
    """A process that is killed while it computes keeps nobody waiting: the system takes its lock."""
    work = Work()
    work.may_end.set()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "cache"), URL]
    with subprocess.Popen(  # noqa: ASYNC220 - it is the fault, and begins at once
        command, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == "began\n"
        waits = asyncio.create_task(cache.get_or_compute(URL, work))
        await asyncio.sleep(0.2)  # two rounds of asking
        assert work.times == 0
        holder.kill()

        async with asyncio.timeout(A_WHILE_S):
            assert await waits == "said"
