"""A cache of 100,000 entries: counting it, and clearing it, each the time, the longest stall, the memory.

Belongs here: making so many files at once, and a process of its own to see their peaks. Does not: reads and writes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline_tests.benchmarks.cache_entries import content, make_places, place
from inkwell_pipeline_tests.benchmarks.memory import peak_mb
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.stall import run, watching

__all__ = ["print_table"]

VALUE = "A result of a hundred characters or so, since it is the number of files that counts here, not their size."


def print_table(*, entries: int = 100_000) -> None:
    """`get_stats` and `clear` beside a plain walk; one round, since it takes longest to make the files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "entries"
        _fill(folder, entries)
        walked_s = _walked(folder)
        call = [sys.executable, "-m", __name__, str(folder), str(entries)]
        root = str(Path(__file__).parents[2])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
        told = json.loads(subprocess.run(call, capture_output=True, check=True, env=environment).stdout)
    lines = ["", f"{f'{entries:,} entries':58} {'ms':>8} {'stall ms':>9} {'MB more':>8}"]
    lines.append(f"{'a plain loop that asks each file for its size':58} {walked_s * 1000:8,.0f}")
    lines += [
        f"{f'ours: {one}':58} {took_s * 1000:8,.0f} {stall_s * 1000:9.1f} {more_mb:8.1f}"
        for one, (took_s, stall_s, more_mb) in told.items()
    ]
    print_lines(lines)


def _fill(folder: Path, entries: int) -> None:
    make_places(folder)
    for number in range(entries):
        key = sha256(str(number).encode()).hexdigest()
        place(folder, key).write_bytes(content(key, VALUE))


def _walked(folder: Path) -> float:
    began = time.perf_counter()
    for shard in os.scandir(folder):
        sum(entry.stat().st_size for entry in os.scandir(shard))
    return time.perf_counter() - began


async def _told(folder: Path, entries: int) -> dict[str, tuple[float, float, float]]:
    """Seconds, longest stall in seconds, and MB on top of what the process had, by what was done."""
    told: dict[str, tuple[float, float, float]] = {}
    async with ExtractionCache(folder) as cache:
        await cache.get("none", "1", "")  # its threads are started now
        for name, work in (("get_stats", cache.get_stats), ("clear", cache.clear)):
            before_mb = peak_mb()
            async with watching() as watch:
                found = await work()
            told[name] = (watch.took_s, watch.longest_stall_s, peak_mb() - before_mb)
            if found is not None and found["file_count"] != entries:
                raise ValueError(f"{entries} entries, and it counts {found['file_count']}")
        if (await cache.get_stats())["file_count"]:
            raise ValueError("there are entries left")
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(_told(Path(sys.argv[1]), int(sys.argv[2])))))
