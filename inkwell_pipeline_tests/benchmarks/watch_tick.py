"""One tick of a sensor, in this process: of a feed that has not changed, small and large, beside reading the large one.

Belongs here: what a tick of ours costs by itself. Does not: what Dagster's daemon adds to it (`watch_many.py`).
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inkwell_pipeline.feed.parse import outline_feed
from inkwell_pipeline.progress import Baseline, Progress
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline_tests.benchmarks.feed import large_feed
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.defs.runs import instance_at, settings_for
from inkwell_pipeline_tests.defs.watched import Watched
from inkwell_pipeline_tests.fakes.feed_host import FeedHost, feed_host

__all__ = ["have_seen_all", "print_table"]

SMALL, LARGE = 100, 5_000  # items


@dataclass(frozen=True)
class _Took:
    """Seconds by the clock, and of this process's processor time."""

    wall_s: float
    cpu_s: float


def print_table(*, small: int = SMALL, large: int = LARGE, repeats: int = 20) -> None:
    """Medians of so many ticks."""
    with tempfile.TemporaryDirectory() as name, feed_host() as host:
        rows = {row: took for items in (small, large) for row, took in _rows(Path(name), host, items, repeats)}
    print_lines(_lines(rows))


def _rows(folder: Path, host: FeedHost, items: int, repeats: int) -> Iterator[tuple[str, list[_Took]]]:
    """Of a feed with so many items, of which nothing is due."""
    feed, path, body = f"items-{items}", f"/items-{items}.xml", large_feed(items)
    host.bodies[path] = body
    settings = settings_for(folder / feed, FeedSettings(feed, host.url(path)))
    have_seen_all(settings.data_dir, feed)
    what = f"{items:,} items, {len(body) / 1e6:.1f} MB"
    with instance_at(folder / feed) as instance, closing(Watched(settings, instance)) as watched:
        watched.tick(feed)
        before = len(host.asked)
        yield f"a tick, not modified: {what}", [_took(lambda: watched.tick(feed)) for _ in range(repeats)]
        assert [asking.conditional for asking in host.asked[before:]] == [True] * repeats
        changed = (body + b"<!-- %d -->" % number for number in range(repeats))

        def publish_and_tick() -> None:
            host.bodies[path] = next(changed)
            watched.tick(feed)

        yield f"a tick, a new body: {what}", [_took(publish_and_tick) for _ in range(min(repeats, 5))]
        read = [_took(lambda: outline_feed(body, name=feed, base_url=host.url(path))) for _ in range(min(repeats, 5))]
        yield f"reading that body, by itself: {what}", read


def have_seen_all(data_dir: Path, feed: str) -> None:
    """The feed's watching has begun, and whatever is older than now is of before: nothing is due."""
    now = datetime.now(UTC)
    (data_dir / "progress").mkdir(parents=True, exist_ok=True)
    seen = Progress(baseline=Baseline(at=now, published=now))
    (data_dir / "progress" / f"{feed}.json").write_text(seen.model_dump_json())


def _took(work: Callable[[], object]) -> _Took:
    began, used = time.perf_counter(), time.process_time()
    work()
    return _Took(time.perf_counter() - began, time.process_time() - used)


def _lines(rows: Mapping[str, Sequence[_Took]]) -> Iterator[str]:
    yield ""
    yield f"{'one tick of a sensor, in a process':58} {'wall ms':>8} {'CPU ms':>8} {'times':>6}"
    for row, took in rows.items():
        wall_s = statistics.median(one.wall_s for one in took)
        cpu_s = statistics.median(one.cpu_s for one in took)
        yield f"{row:58} {wall_s * 1000:8.1f} {cpu_s * 1000:8.1f} {len(took):6}"
    yield "medians; the host's own work is in it, its thread in the same process"
