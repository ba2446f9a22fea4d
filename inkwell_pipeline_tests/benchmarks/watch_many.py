"""Forty watched feeds in Dagster's daemon: are they asked on time, beside hosts that hang, and what does an hour cost.

Belongs here: lateness of polls, processor time, memory and requests of an installation where nothing is due. Does not:
runs (`watch_latency.py`), what one tick costs in a process (`watch_tick.py`).
An hour is put together of two figures, since nobody waits for one: what an installation of as many feeds uses while
none of its sensors is due, and what a tick adds to that, from one whose sensors are due all the time.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from inkwell_pipeline_tests.benchmarks.feed import large_feed
from inkwell_pipeline_tests.benchmarks.rows import percentile, print_lines
from inkwell_pipeline_tests.benchmarks.watch_tick import have_seen_all
from inkwell_pipeline_tests.fakes.feed_host import FeedHost, feed_host
from inkwell_pipeline_tests.installation import DEV, Installation, dagster_home, installed, wait_until

__all__ = ["print_tables"]

ITEMS = 100
EMPTY = "inkwell_pipeline_tests.benchmarks.empty_definitions"
DEFAULT_MINUTES, OFTEN_MINUTES = 30.0, 0.25
SETTLING_S = 10.0  # the first ticks, and what Dagster's daemons do when they begin


@dataclass(frozen=True)
class _Spell:
    """Some seconds of an installation. `late_s`: how long after they were due those feeds were asked that answer."""

    seconds: float
    cpu_s: float
    requests: int
    late_s: tuple[float, ...] = ()


def print_tables(*, feeds: int = 40, seconds: float = 60.0) -> None:
    """Lateness without and with hosts that hang, and the hour of an installation with so many feeds."""
    with tempfile.TemporaryDirectory() as name:
        bare, idle, megabytes = _without_ticks(Path(name), feeds, seconds)
        on_time, beside_slow = _often(Path(name) / "often", feeds, seconds)
    print_lines(_lateness_lines(on_time, beside_slow, feeds))
    print_lines(_hour_lines(bare, idle, on_time, megabytes, feeds))


def _without_ticks(folder: Path, feeds: int, seconds: float) -> tuple[_Spell, _Spell, tuple[float, float]]:
    """A bare `dagster dev`, and ours, whose feeds were asked a moment ago: at the same time; and what they hold."""
    bare_folder = folder / "bare"
    bare_folder.mkdir()
    with ExitStack() as opened:
        bare = opened.enter_context(installed(bare_folder, *DEV, "-m", EMPTY, environment=dagster_home(bare_folder)))
        host = opened.enter_context(feed_host())
        ours = opened.enter_context(_watching(folder / "idle", host, feeds, poll_minutes=DEFAULT_MINUTES))
        time.sleep(SETTLING_S)
        (of_bare, of_ours) = _spells([(bare, None), (ours, None)], seconds)
        return of_bare, of_ours, (bare.memory_mb, ours.memory_mb)


def _often(folder: Path, feeds: int, seconds: float) -> tuple[_Spell, _Spell]:
    """Ours, asked all the time: while all hosts answer, and from when three of them do not."""
    with feed_host() as host, _watching(folder, host, feeds, poll_minutes=OFTEN_MINUTES) as ours:
        # the first ticks read the feeds, and come all at once
        wait_until(lambda: all(len(host.times_s(path)) >= 2 for path in host.bodies), "all are asked again")
        (on_time,) = _spells([(ours, host)], seconds)
        paths = list(host.bodies)
        host.hanging, host.dripping = set(paths[:2]), {paths[2]}
        host.bodies[paths[2]] += b"<!-- new -->"  # what has not changed has no body to drip
        wait_until(lambda: sum(host.under_way[path] for path in paths[:3]) == 3, "they are asked")
        (beside_slow,) = _spells([(ours, host)], seconds)
        return on_time, beside_slow


@contextmanager
def _watching(folder: Path, host: FeedHost, feeds: int, *, poll_minutes: float) -> Iterator[Installation]:
    """An installation that watches so many feeds, nothing of which is due, as soon as each has been asked."""
    lines = [f"allow_private_hosts: true\npoll_minutes: {poll_minutes}\nfeeds:"]
    for number in range(feeds):
        path = f"/{number}.xml"
        host.bodies[path] = large_feed(ITEMS)
        have_seen_all(folder / ".inkwell", f"feed-{number}")
        lines.append(f"  feed-{number}: {{url: '{host.url(path)}', watch: true}}")
    (folder / "inkwell.yaml").write_text("\n".join(lines) + "\n")
    with installed(folder) as installation:
        wait_until(lambda: len({one.path for one in host.asked}) == feeds, "all are asked")
        yield installation


def _spells(installations: list[tuple[Installation, FeedHost | None]], seconds: float) -> list[_Spell]:
    """The next so many seconds of each."""
    began, used = time.monotonic(), [one.cpu_s for one, _ in installations]
    time.sleep(seconds)
    ended = time.monotonic()
    spells = []
    for (one, host), before_s in zip(installations, used, strict=True):
        requests = [asking for asking in host.asked if began <= asking.at_s < ended] if host else []
        late_s = tuple(_late_s(host, began, ended)) if host else ()
        spells.append(_Spell(ended - began, one.cpu_s - before_s, len(requests), late_s))
    return spells


def _late_s(host: FeedHost, began: float, ended: float) -> Iterator[float]:
    """How long after it was due each poll came that fell into the spell; of hosts that answer."""
    slow = host.hanging | host.dripping
    for path in host.bodies.keys() - slow:
        times = [*host.times_s(path), ended]  # one that is due at the end, and has not come, is late as well
        for before, after in pairwise(times):
            if began <= after < ended or (after == ended and ended - before > OFTEN_MINUTES * 60):
                yield after - before - OFTEN_MINUTES * 60


def _lateness_lines(on_time: _Spell, beside_slow: _Spell, feeds: int) -> Iterator[str]:
    yield ""
    yield f"{f'{feeds} watched feeds: how late they are asked':58} {'polls':>7} {'p50 s':>7} {'p99 s':>7} {'max s':>7}"
    names = ("all hosts answer", "two hang, a third gives a byte a second: the others")
    for name, spell in zip(names, (on_time, beside_slow), strict=True):
        late = [percentile(spell.late_s, share) for share in (0.5, 0.99, 1.0)] if spell.late_s else []
        yield f"{name:58} {len(spell.late_s):7} {' '.join(f'{one:7.1f}' for one in late)}"
    yield f"due every {OFTEN_MINUTES * 60:g} s, for {on_time.seconds:.0f} s each; Dagster's daemon looks every 5 s"


def _hour_lines(bare: _Spell, idle: _Spell, often: _Spell, megabytes: tuple[float, float], feeds: int) -> Iterator[str]:
    polls = feeds * 60 / DEFAULT_MINUTES
    fixed_s, bare_s = (spell.cpu_s / spell.seconds for spell in (idle, bare))
    tick_s = max(0.0, often.cpu_s / often.seconds - fixed_s) / (often.requests / often.seconds)
    hour_s = fixed_s * 3600 + polls * tick_s
    yield ""
    yield f"{'an idle hour':58} {'CPU s':>7} {'ratio':>6} {'MB':>6} {'requests':>9}"
    yield f"{'dagster dev, no sensors':58} {bare_s * 3600:7.0f} {1:5.2f}x {megabytes[0]:6.0f} {0:9}"
    name = f"ours, {feeds} feeds watched, unchanged, poll_minutes {DEFAULT_MINUTES:g}"
    yield f"{name:58} {hour_s:7.0f} {hour_s / 3600 / bare_s:5.2f}x {megabytes[1]:6.0f} {polls:9.0f}"
    yield f"ours: {fixed_s * 1000:.1f} ms of CPU a second while no sensor is due, measured for {idle.seconds:.0f} s,"
    many = f"{often.requests} in {often.seconds:.0f} s"
    yield f"and {polls:.0f} ticks of {tick_s * 1000:.0f} ms, the mean of {many}, a request each;"
    yield "all processes: webserver without a browser, daemon, code server, and what keeps them"
