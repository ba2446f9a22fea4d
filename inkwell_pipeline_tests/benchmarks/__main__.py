"""`make bench`: all tables, or with `ONLY=cache` those of one part. Each table is one run, its rows side by side."""

import sys
import time
from collections.abc import Callable, Sequence

from inkwell_pipeline_tests.benchmarks import (
    cache,
    cache_large,
    cache_many,
    cache_processes,
    cache_slow,
    models,
    pipeline,
    runs,
    speech,
    watch_latency,
    watch_many,
    watch_tick,
)
from inkwell_pipeline_tests.benchmarks.blocked import blocked_table
from inkwell_pipeline_tests.benchmarks.machine import machine_lines
from inkwell_pipeline_tests.benchmarks.rows import print_lines

PARTS: dict[str, Sequence[Callable[[], None]]] = {
    "runs": (runs.print_table,),
    "feed": (runs.print_parts,),
    "cache": (
        cache.print_tables,
        cache_processes.print_table,
        cache_slow.print_table,
        cache_large.print_table,
        cache_many.print_table,
    ),
    "models": (models.print_table,),
    "speech": (speech.print_tables,),
    "pipeline": (pipeline.print_table,),
    "watch": (watch_tick.print_table, watch_latency.print_table, watch_many.print_tables),
    "blocked": (lambda: print_lines(["", blocked_table()]),),
}


def main() -> None:
    """Prints the tables of the parts that are named, or of all."""
    named = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in named if name not in PARTS]:
        sys.exit(f"there is no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    print_lines(machine_lines())
    began = time.perf_counter()
    for name in named:
        for print_tables in PARTS[name]:
            print_tables()
        print_lines(["", f"-- {name}: {time.perf_counter() - began:.0f} s since the beginning"])


if __name__ == "__main__":
    main()
