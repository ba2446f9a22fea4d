"""Whole runs from the command line, beside one that does nothing; and the rows of feeds and vaults.

Belongs here: whole processes (`dagster asset materialize`), so that imports count, and the print of `feed.py` and
`vault.py`. Does not: runs on other caches (`pipeline.py`). The rows take turns, since these machines drift; quote the
ratios.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from inkwell_pipeline_tests.benchmarks.feed import feed_rows, memory_rows
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.show import make_show, served, write_config
from inkwell_pipeline_tests.benchmarks.vault import vault_rows

__all__ = ["EMPTY", "OURS", "forget", "materialise", "print_parts", "print_table"]

EPISODES, TRANSCRIPT_BYTES = 50, 60_000
EMPTY, OURS = "inkwell_pipeline_tests.benchmarks.empty_definitions", "inkwell_pipeline.definitions"


def print_table(*, episodes: int = EPISODES, rounds: int = 3) -> None:
    """A line for each kind of run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        with served(site) as base_url:
            make_show(site, base_url, episodes=episodes, transcript_bytes=TRANSCRIPT_BYTES)
            write_config(folder, base_url, newest=episodes)
            rows: dict[str, Callable[[], float]] = {
                "empty run: four assets that do nothing": lambda: materialise(folder, EMPTY),
                f"{episodes} episodes of {TRANSCRIPT_BYTES // 1000} KB, cold": lambda: _cold(folder),
                f"{episodes} episodes of {TRANSCRIPT_BYTES // 1000} KB, cached": lambda: materialise(folder, OURS),
            }
            times_s: dict[str, list[float]] = {row: [] for row in rows}
            for _ in range(rounds):
                for row, measure in rows.items():
                    times_s[row].append(measure())
    _print(times_s, rounds)


def print_parts() -> None:
    """What reading a large feed and looking at a large vault take by themselves, in this process."""
    _print_parts({**feed_rows(), **vault_rows()}, memory_rows())


def _cold(folder: Path) -> float:
    forget(folder)
    return materialise(folder, OURS)


def forget(folder: Path) -> None:
    """Nothing has run there yet."""
    for left in ("vault", ".inkwell"):
        shutil.rmtree(folder / left, ignore_errors=True)


def materialise(folder: Path, module: str, **more: str) -> float:
    """Seconds of one process; `more` are variables of its environment."""
    program = str(Path(sys.executable).parent / "dagster")
    root = str(Path(__file__).parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    began = time.perf_counter()
    done = subprocess.run(
        [program, "asset", "materialize", "-m", module, "--select", "*", "--partition", "bench"],
        cwd=folder,
        env={**environment, **more, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    return took_s


def _print(times_s: dict[str, list[float]], rounds: int) -> None:
    floor = statistics.median(next(iter(times_s.values())))
    lines = [f"{'':42} {'median':>8} {'min':>8} {'max':>8} {'ratio':>7}"]
    for row, seconds in times_s.items():
        middle = statistics.median(seconds)
        lines.append(f"{row:42} {middle:7.2f}s {min(seconds):7.2f}s {max(seconds):7.2f}s {middle / floor:6.2f}x")
    lines.append(f"{rounds} rounds, the rows in turn; whole processes")
    print_lines(lines)


def _print_parts(times_s: Mapping[str, Sequence[float]], megabytes: Mapping[str, float]) -> None:
    lines = ["", f"{'':58} {'median':>9} {'max':>9}"]
    lines += [
        f"{row:58} {statistics.median(seconds) * 1000:6.1f} ms {max(seconds) * 1000:6.1f} ms"
        for row, seconds in times_s.items()
    ]
    lines += [f"{row:58} {size:6.1f} MB on top of the feed's bytes" for row, size in megabytes.items()]
    print_lines(lines)
