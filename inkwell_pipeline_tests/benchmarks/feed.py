"""A feed of 5,000 items: what it takes to choose the newest five of them, and to read all.

Belongs here: making such a feed, its rows for `make bench`, and the memory on top of the body. Does not: whole runs
(`runs.py`). `python -m inkwell_pipeline_tests.benchmarks.feed` prints the rows alone.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from inkwell_pipeline.feed.parse import complete_episodes, outline_feed, parse_feed
from inkwell_pipeline_tests.benchmarks.memory import peak_mb

__all__ = ["feed_rows", "large_feed"]

ITEMS, CHOSEN, REPEATS = 5_000, 5, 5
URL = "https://example.com/feed.xml"
NEWEST = datetime(2024, 6, 1, tzinfo=UTC)
NOTES = "<p>About rivers, and <a href='https://example.com/{number}'>those who measure them</a>.</p>" * 12


def feed_rows() -> dict[str, list[float]]:
    """Seconds by what was done, each as often as it was measured. Prints the peak of memory of each, too."""
    body = large_feed(ITEMS)
    size = f"{ITEMS:,} items, {len(body) / 1e6:.1f} MB"
    return {f"feed of {size}: {name}": [_took_s(work, body) for _ in range(REPEATS)] for name, work in KINDS.items()}


def memory_rows() -> dict[str, float]:
    """Peak of the process's memory on top of imports and body, in MB, each in a process of its own."""
    return {f"feed of {ITEMS:,} items: {name}": float(_told(name)) for name in KINDS}


def large_feed(items: int) -> bytes:
    """RSS with so many items, newest first."""
    parts = [
        f"<item><title>Episode {number}</title><guid>bench-{number}</guid>"
        f"<pubDate>{format_datetime(NEWEST - timedelta(days=number))}</pubDate>"
        f'<enclosure url="https://example.com/{number}.mp3" length="1" type="audio/mpeg"/>'
        f"<description><![CDATA[{NOTES.format(number=number)}]]></description>"
        f'<podcast:transcript url="https://example.com/{number}.vtt" type="text/vtt"/></item>'
        for number in range(items)
    ]
    head = '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Bench</title>'
    return f"{head}{''.join(parts)}</channel></rss>".encode()


def _newest(body: bytes) -> object:
    outline = outline_feed(body, name="bench", base_url=URL)
    return complete_episodes(outline, [episode.key for episode in outline.feed.episodes[:CHOSEN]])


def _all(body: bytes) -> object:
    return parse_feed(body, name="bench", base_url=URL)


def _took_s(work: Callable[[bytes], object], body: bytes) -> float:
    began = time.perf_counter()
    work(body)
    return time.perf_counter() - began


def _told(name: str) -> bytes:
    call = [sys.executable, "-m", "inkwell_pipeline_tests.benchmarks.feed", name]
    return subprocess.run(call, input=large_feed(ITEMS), capture_output=True, check=True).stdout


KINDS: dict[str, Callable[[bytes], object]] = {f"the newest {CHOSEN}": _newest, "all": _all}


def main() -> None:
    """The rows; or, with the name of a kind, the megabytes that this one takes for the feed in standard input."""
    if len(sys.argv) > 1:
        body = sys.stdin.buffer.read()
        parse_feed(large_feed(2), name="bench", base_url=URL)  # imports are not what is asked for
        before_mb = peak_mb()
        kept = KINDS[sys.argv[1]](body)
        sys.stdout.write(f"{peak_mb() - before_mb:.1f}" if kept else "")
        return
    for row, seconds in feed_rows().items():
        sys.stdout.write(f"{row:58} {min(seconds) * 1000:7.0f} to {max(seconds) * 1000:.0f} ms\n")
    for row, megabytes in memory_rows().items():
        sys.stdout.write(f"{row:58} {megabytes:7.1f} MB on top of the body\n")


if __name__ == "__main__":
    main()
