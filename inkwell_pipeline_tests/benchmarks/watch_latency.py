"""From publication to note: three new episodes of a watched feed, beside a bare run in the same daemon.

Belongs here: how long it takes until somebody has the notes, and how much of that is Dagster's launch. Does not: what
many feeds cost (`watch_many.py`), what one tick costs (`watch_tick.py`).
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.show import make_show
from inkwell_pipeline_tests.fakes.feed_host import FeedHost, feed_host
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss
from inkwell_pipeline_tests.installation import DEV, Installation, dagster_home, installed, wait_until

__all__ = ["print_table"]

EPISODES, TRANSCRIPT_BYTES = 3, 60_000
BARE, OURS = "a bare run: one asset that does nothing", "three new episodes, from publication to the third note"
SENSORS = {BARE: "_bare", OURS: "_bench_new_episodes"}  # what a run's job is named after
RUNS = "{ runsOrError { ... on Runs { results { jobName creationTime startTime endTime } } } }"


def print_table(*, rounds: int = 4) -> None:
    """Medians of so many publications, and as many bare runs, in turn."""
    with tempfile.TemporaryDirectory() as name, feed_host() as host:
        folder = Path(name)
        show = _Show(folder, host)
        with _both(folder) as installation:
            show.publish()
            times = _measured(installation, {BARE: _Bare(folder).run, OURS: show.publish}, rounds)
    print_lines(_lines(times, rounds))


@dataclass
class _Show:
    """A feed that grows, and the notes of it."""

    folder: Path
    host: FeedHost
    published: int = 0

    def __post_init__(self) -> None:
        url = self.host.url("/feed.xml")
        self.host.bodies["/feed.xml"] = rss("Bench")
        feed = f"bench: {{url: '{url}', watch: true}}"
        config = f"allow_private_hosts: true\npoll_minutes: 0.05\nnewest: {EPISODES}\nfeeds:\n  {feed}\n"
        (self.folder / "inkwell.yaml").write_text(config)

    def publish(self) -> float:
        """Three more episodes, with transcripts; when the third of their notes is there (seconds since the epoch)."""
        self.published += EPISODES
        site = self.folder / "site"
        site.mkdir(exist_ok=True)
        make_show(site, self.host.base_url, episodes=self.published, transcript_bytes=TRANSCRIPT_BYTES)
        self.host.bodies |= {f"/{path.name}": path.read_bytes() for path in site.glob("*.vtt")}
        self.host.bodies["/feed.xml"] = rss("Bench", *map(self._item, range(self.published)))
        wait_until(lambda: len(self._notes()) == self.published, "the notes", every_s=0.02)
        return max(path.stat().st_mtime for path in self._notes())

    def _item(self, number: int) -> Item:
        date = f"{1 + number:02} Apr 2024 09:00:00 GMT"
        url = self.host.url(f"/{number}.vtt")
        return Item(f"Episode {number}", guid=f"bench-{number}", date=date, transcripts=((url, "text/vtt"),))

    def _notes(self) -> list[Path]:
        return list((self.folder / "vault").rglob("*.md"))


@dataclass
class _Bare:
    """Asks the bare sensor for runs."""

    folder: Path
    asked: int = 0

    def run(self) -> float | None:
        self.asked += 1
        go = self.folder / "go.new"
        go.write_text(f"run-{self.asked}")
        go.replace(self.folder / "go")
        return None


@dataclass
class _Times:
    """Seconds since the epoch, of one round each."""

    began: list[float] = field(default_factory=list)
    done: list[float | None] = field(default_factory=list)
    runs: list[Mapping[str, Any]] = field(default_factory=list)

    def parts_s(self) -> list[tuple[float, float, float, float]]:
        """To the tick that asks for the run; to the run's start; to the end; and the whole, of each round."""
        return [
            (run["creationTime"] - began, run["startTime"] - run["creationTime"], end - run["startTime"], end - began)
            for began, run, end in zip(
                self.began,
                self.runs,
                (done or run["endTime"] for done, run in zip(self.done, self.runs, strict=True)),
                strict=True,
            )
        ]


def _measured(
    installation: Installation, rows: Mapping[str, Callable[[], float | None]], rounds: int
) -> dict[str, _Times]:
    times = {row: _Times() for row in rows}
    for number in range(rounds):
        for row, begin in rows.items():
            times[row].began.append(time.time())
            times[row].done.append(begin())
            times[row].runs.append(_run(installation, SENSORS[row], number + (row == OURS)))
    return times


def _run(installation: Installation, sensor: str, number: int) -> Mapping[str, Any]:
    """The sensor's run with this number, from 0 on, when it is over."""
    runs: list[Mapping[str, Any]] = []

    def is_over() -> bool:
        found = installation.ask(RUNS)["runsOrError"]["results"]
        runs[:] = sorted((run for run in found if run["jobName"].endswith(sensor)), key=lambda run: run["creationTime"])
        return len(runs) > number and runs[number]["endTime"] is not None

    wait_until(is_over, "the run's end", every_s=0.2)
    return runs[number]


@contextmanager
def _both(folder: Path) -> Iterator[Installation]:
    """Our code location and the bare one in one `dagster dev`, with the settings that `ui` gives it."""
    bare = folder / "bare.yaml"
    bare.write_text("load_from:\n  - python_module: inkwell_pipeline_tests.benchmarks.launch_definitions\n")
    workspaces = ("-w", files("inkwell_pipeline.defs") / "workspace.yaml", "-w", bare)
    environment = {**dagster_home(folder), "BENCH_FOLDER": str(folder)}
    with installed(folder, *DEV, *map(str, workspaces), environment=environment) as installation:
        yield installation


def _lines(times: Mapping[str, _Times], rounds: int) -> Iterator[str]:
    yield ""
    yield f"{'from publication to note':58} {'tick':>8} {'launch':>8} {'work':>8} {'whole':>8} {'ratio':>7}"
    floor_s = statistics.median(parts[-1] for parts in times[BARE].parts_s())
    for row, measured in times.items():
        medians = [statistics.median(column) for column in zip(*measured.parts_s(), strict=True)]
        cells = " ".join(f"{seconds:7.2f}s" for seconds in medians)
        yield f"{row:58} {cells} {medians[-1] / floor_s:6.2f}x"
    yield f"medians of {rounds} rounds, the rows in turn, in one daemon, which looks for ticks that are due every 5 s"
    yield "tick: until a sensor asks for the run; launch: until the run starts; work: until it ends, or the third note"
