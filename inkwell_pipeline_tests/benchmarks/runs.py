"""`make bench`: whole runs from the command line, beside one that does nothing; then parts by themselves.

Each row of the first table is a whole process (`dagster asset materialize`), so that imports count. The rows take
turns, since these machines drift; quote the ratios.
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
from inkwell_pipeline_tests.benchmarks.show import make_show, served
from inkwell_pipeline_tests.benchmarks.vault import vault_rows

EPISODES, TRANSCRIPT_BYTES, ROUNDS = 50, 60_000, 5
EMPTY, OURS = "inkwell_pipeline_tests.benchmarks.empty_definitions", "inkwell_pipeline.definitions"


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        with served(site) as base_url:
            make_show(site, base_url, episodes=EPISODES, transcript_bytes=TRANSCRIPT_BYTES)
            (folder / "inkwell.yaml").write_text(
                f"allow_private_hosts: true\nnewest: {EPISODES}\nfeeds:\n  bench: {{url: {base_url}/feed.xml}}\n"
            )
            rows: dict[str, Callable[[], float]] = {
                "empty run: four assets that do nothing": lambda: _materialise(folder, EMPTY),
                f"{EPISODES} episodes of {TRANSCRIPT_BYTES // 1000} KB, cold": lambda: _cold(folder),
                f"{EPISODES} episodes of {TRANSCRIPT_BYTES // 1000} KB, cached": lambda: _materialise(folder, OURS),
            }
            times_s: dict[str, list[float]] = {row: [] for row in rows}
            for _ in range(ROUNDS):
                for row, measure in rows.items():
                    times_s[row].append(measure())
    _print(times_s)
    _print_parts({**feed_rows(), **vault_rows()}, memory_rows())


def _cold(folder: Path) -> float:
    for left in ("vault", ".inkwell"):
        shutil.rmtree(folder / left, ignore_errors=True)
    return _materialise(folder, OURS)


def _materialise(folder: Path, module: str) -> float:
    """Seconds of one process."""
    program = str(Path(sys.executable).parent / "dagster")
    root = str(Path(__file__).parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    began = time.perf_counter()
    done = subprocess.run(
        [program, "asset", "materialize", "-m", module, "--select", "*", "--partition", "bench"],
        cwd=folder,
        env={**environment, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    return took_s


def _print(times_s: dict[str, list[float]]) -> None:
    floor = statistics.median(next(iter(times_s.values())))
    lines = [f"{'':42} {'median':>8} {'min':>8} {'max':>8} {'ratio':>7}"]
    for row, seconds in times_s.items():
        middle = statistics.median(seconds)
        lines.append(f"{row:42} {middle:7.2f}s {min(seconds):7.2f}s {max(seconds):7.2f}s {middle / floor:6.2f}x")
    lines.append(
        f"{ROUNDS} rounds, the rows in turn; whole processes; Python {sys.version.split()[0]}, {os.cpu_count()} cores"
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _print_parts(times_s: Mapping[str, Sequence[float]], megabytes: Mapping[str, float]) -> None:
    """What a part takes by itself, in this process."""
    lines = ["", f"{'':58} {'median':>9} {'max':>9}"]
    lines += [
        f"{row:58} {statistics.median(seconds) * 1000:6.1f} ms {max(seconds) * 1000:6.1f} ms"
        for row, seconds in times_s.items()
    ]
    lines += [f"{row:58} {size:6.1f} MB on top of the feed's bytes" for row, size in megabytes.items()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
