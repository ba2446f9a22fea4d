"""Real processes on one folder, some of them killed: nothing torn, nothing lost, nothing computed twice.

`INKWELL_CACHE_KILLS` says at how many moments a writer is killed (default: 20; `make soak`: 200).
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from inkwell_pipeline.cache import TranscriptionCache

KILLS = int(os.environ.get("INKWELL_CACHE_KILLS", "20"))
OPERATIONS, PROCESSES = 2000, 4
AT_ONCE = 20  # operations that a process has under way
ENDS_S = 120.0

# Arguments: folder, number of keys, the process's name, a file that each computation adds a line to.
MIXED = """
import asyncio, os, random, sys
from inkwell_pipeline.cache import TranscriptionCache
folder, keys, name, computed = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
chance = random.Random(name)

def whole(value):
    assert value is None or (len(value.split()) == 500 and len(set(value.split())) == 1), value[:80]

async def main():
    async with TranscriptionCache(folder) as cache:
        async def one(number):
            key = f"{chance.choice(('set', 'computed'))}-{chance.randrange(keys)}"
            if key.startswith("set"):
                match chance.randrange(4):
                    case 0: await cache.set(key, f"{name}-{number} " * 500)
                    case 1: await cache.set_many([(key, f"{name}-{number} " * 500)])
                    case 2: whole(await cache.get(key))
                    case 3: [whole(value) for value in await cache.get_many([key, "missing"])]
            else:
                async def compute():
                    descriptor = os.open(computed, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                    os.write(descriptor, f"{key}\\n".encode())
                    os.close(descriptor)
                    await asyncio.sleep(0.01)
                    return f"{name} " * 500
                whole(await cache.get_or_compute(key, compute))
        numbers = iter(range(OPERATIONS))
        async def worker():
            for number in numbers:
                await one(number)
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

asyncio.run(main())
""".replace("OPERATIONS", str(OPERATIONS)).replace("AT_ONCE", str(AT_ONCE))


@pytest.mark.parametrize("keys", [1, 50])
def test_four_processes_do_two_thousand_operations_each(tmp_path: Path, keys: int) -> None:
    """No error, no torn value, and each key computed once in all of them together."""
    folder, computed = tmp_path / "cache", tmp_path / "computed"
    command = [sys.executable, "-c", MIXED, str(folder), str(keys)]
    processes = [
        subprocess.Popen([*command, f"p{number}", str(computed)], stderr=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]

    ended = [(process.communicate(timeout=ENDS_S)[1], process.returncode) for process in processes]

    assert ended == [("", 0)] * PROCESSES
    times = Counter(computed.read_text().split())
    assert set(times) == {f"computed-{number}" for number in range(keys)}
    assert set(times.values()) == {1}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".entry"}
    assert len(files) == 2 * keys


# Sets values that only grow, several at once, and says each number when it is confirmed; computes now and then.
CONFIRMS = """
import asyncio, sys
from inkwell_pipeline.cache import TranscriptionCache

async def main():
    cache = TranscriptionCache(sys.argv[1])
    async def key(name):
        for number in range(1, 100_000):
            await cache.set(name, f"{number} " * 2000)
            print(name, number, flush=True)
    async def computes():
        for number in range(100_000):
            async def compute():
                await asyncio.sleep(0.002)
                return "computed"
            await cache.get_or_compute(f"computed-{number}", compute)
            print("computed", number, flush=True)
    await asyncio.gather(*(key(f"key-{name}") for name in range(4)), computes())

asyncio.run(main())
"""


def test_a_killed_process_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    """`kill -9` at any moment: values whole, none older than the last confirmed, and no key left blocked."""
    chance = random.Random(int(os.environ.get("INKWELL_CACHE_KILLS_SEED", "1953")))
    for round_ in range(KILLS):
        folder = tmp_path / f"{round_}"
        said = tmp_path / f"{round_}.txt"
        with said.open("wb") as output:  # a file: nothing of it stays behind in a buffer of ours
            process = subprocess.Popen(
                [sys.executable, "-c", CONFIRMS, str(folder)], stdout=output, stderr=subprocess.PIPE
            )
        while b"\n" not in said.read_bytes() and process.poll() is None:  # unbuffered, a line is two writes
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.15))  # the moment is the fault; nothing waits for it
        process.kill()
        _, errors = process.communicate(timeout=ENDS_S)

        assert errors == b"", errors
        asyncio.run(all_is_there(folder, confirmed(said.read_text())))
        left = [path.name for path in folder.rglob("*.tmp")]
        assert left == []


def confirmed(lines: str) -> dict[str, int]:
    """The last number that each key's set had confirmed; a line that the kill has cut is none."""
    whole = [line.split() for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    assert whole, "it was killed after it had confirmed something"
    return {name: int(number) for name, number in whole}


async def all_is_there(folder: Path, numbers: dict[str, int]) -> None:
    async def compute() -> str:
        return "computed"

    async with TranscriptionCache(folder) as cache:
        for name, number in numbers.items():
            if name == "computed":
                assert await cache.get_many([f"computed-{one}" for one in range(number + 1)]) == ["computed"] * (
                    number + 1
                )
                async with asyncio.timeout(ENDS_S):  # the key that it was at
                    assert await cache.get_or_compute(f"computed-{number + 1}", compute) == "computed"
                continue
            value = await cache.get(name)
            assert value is not None, name
            (word,) = set(value.split())
            assert (len(value.split()), int(word) >= number) == (2000, True), (name, word, number)
