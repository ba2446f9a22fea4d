"""Every table of `make bench`, made with next to nothing in it, so that none rots. No time is asserted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inkwell_pipeline_tests.benchmarks import cache, cache_large, cache_many, cache_processes, cache_slow, watch_tick
from inkwell_pipeline_tests.benchmarks.machine import machine_lines
from inkwell_pipeline_tests.benchmarks.rows import Figures, Row, percentile, verdict

TABLES: dict[str, Callable[[], None]] = {
    "get_many": lambda: cache.print_tables(entries=8, large=4, writes=2, rounds=1),
    "4 proc.": lambda: cache_processes.print_table(entries=8, seconds=0.01, rounds=1),
    "slow storage": lambda: cache_slow.print_table(episodes=2, rounds=1),
    "large ones beside": lambda: cache_large.print_table(large_bytes=300_000, reads=3, rounds=1),
    "not modified": lambda: watch_tick.print_table(small=1, large=2, repeats=2),
    "get_stats": lambda: cache_many.print_table(entries=300),
}


@pytest.mark.parametrize("row", TABLES)
def test_a_table_is_printed(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it reads and stores it compares with what it should be, and raises where that is not so."""
    TABLES[row]()

    assert row in capsys.readouterr().out


def test_the_pipeline_runs_on_each_cache(tmp_path: Path) -> None:
    """In a process of its own: here a blocking call below the package is a failure, and "before" makes many."""
    code = (
        "from inkwell_pipeline_tests.benchmarks.pipeline import SCENARIOS, print_table\n"
        "print_table(episodes=1, scenarios=SCENARIOS[-2:-1])"
    )
    root = Path(__file__).parents[2]

    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "slow storage, cold, that model (1): ours" in done.stdout


def test_a_row_is_the_median_of_its_rounds() -> None:
    """One round that the machine disturbed says nothing; a wait counts among all of the rounds."""
    row = Row("a", [Figures(10, took_s, took_s, waits_s=[took_s]) for took_s in (1.0, 2.0, 100.0)])

    assert (row.took_s, row.ops_per_s, row.longest_stall_s, row.wait_s(0.99)) == (2.0, 5.0, 2.0, 100.0)


def test_a_percentile_is_not_exceeded_by_that_share() -> None:
    """The 50th of a hundred values, and the last where all are asked for."""
    assert (percentile(range(1, 101), 0.5), percentile(range(1, 101), 1.0)) == (50, 100)


def test_a_verdict_says_where_a_figure_falls_short() -> None:
    """At the bound it is met."""
    assert verdict("a", 0.4, least=0.4) == "  asked: a at least 0.4; found 0.40"
    assert verdict("a", 3.1, most=3, unit=" ms") == "  asked: a at most 3 ms; found 3.10 ms  NOT MET"


def test_a_table_says_what_it_was_measured_on() -> None:
    """A figure without its machine is worth nothing."""
    assert "cores" in machine_lines()[0]
