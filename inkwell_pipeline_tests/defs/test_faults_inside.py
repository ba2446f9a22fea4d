"""A fault at each await and at each write of a tick, and of a run: the next ones make good what it cost.

`INKWELL_FAULTS` says at every how manieth point (default: 10; `make soak`: 1), `INKWELL_FAULTS_FROM` at which first.
"""

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline_tests.defs.aftermath import findings
from inkwell_pipeline_tests.defs.places import FEED, configure_instance, new_folder, open_watched, state_of
from inkwell_pipeline_tests.defs.watched import Watched
from inkwell_pipeline_tests.fakes.faults import Fault, await_that_is_stopped, change_that_fails
from inkwell_pipeline_tests.fakes.faulty_host import FaultyHost, Shown, Weather
from inkwell_pipeline_tests.fakes.publisher import ARCHIVE, Publisher
from inkwell_pipeline_tests.fakes.time import SharedTime

EVERY = int(os.environ.get("INKWELL_FAULTS", "10"))
FROM = int(os.environ.get("INKWELL_FAULTS_FROM", "0"))
HALF_AN_HOUR, A_DAY = timedelta(minutes=30), timedelta(days=1)
PATIENCE_S = 60.0
WINDOW = 2  # episodes that the feed has at once
IN_A_ROW = 4  # faults, before what they have left must be made good; one more, and an episode would be given up
pytestmark = pytest.mark.slow
Faulty = Callable[[Path], AbstractContextManager[Fault]]
Story = Callable[["Place", Fault], None]


@dataclass
class Place:
    """A folder in which the feed's first episodes are noted, with its host."""

    host: FaultyHost
    time: SharedTime
    watched: Watched

    def publish(self, number: int) -> None:
        for _ in range(number):
            self.host.publisher.publish(self.time.now(), plain=True)

    def tick(self) -> None:
        """One whose request is lost, as if the daemon had died; a red one is in order."""
        self.time.forward(HALF_AN_HOUR)
        with suppress(InkwellError, CancelledError):
            self.watched.tick(FEED)

    def come_to_rest(self) -> None:
        """Ticks, and the runs that they ask for, until there is nothing to do."""
        for _ in range(20):
            self.time.forward(A_DAY)
            tick = self.watched.tick(FEED)
            if re.fullmatch("unchanged since [^;]*", tick.skipped or ""):
                return
            self.watched.carry_out(FEED, tick)
        raise AssertionError(f"twenty ticks, and still: {tick.skipped}")


@pytest.fixture(scope="module")
def begun(quick_folder: Path) -> Iterator[tuple[Path, FaultyHost]]:
    """A folder where the first run has been, to be copied, and its host."""
    template = quick_folder / "begun"
    template.mkdir()
    time = SharedTime(template / "time")
    with closing(FaultyHost(publisher_at(time), time.now, on_silence=lambda _: None)) as host:
        new_folder(template, host.url, newest=10 * WINDOW, one_database=True)
        with opened(template, host, time) as place:
            place.watched.carry_out(FEED, place.watched.tick(FEED))
            assert len(place.watched.notes) == WINDOW
        yield template, host


@contextmanager
def opened(folder: Path, host: FaultyHost, time: SharedTime) -> Iterator[Place]:
    with (
        dg.DagsterInstance.from_config(str(folder / "dagster")) as instance,
        closing(open_watched(folder, instance, time, patience_s=PATIENCE_S)) as watched,
    ):
        yield Place(host, time, watched)


def publisher_at(time: SharedTime) -> Publisher:
    return Publisher(random.Random(1), now=time.now(), shows=WINDOW)


def tell(story: Story, begun: tuple[Path, FaultyHost], faulty: Faulty, *, at: range) -> tuple[list[str], list[str]]:
    """The faults of the story, told once for each, and what is wrong then: nothing."""
    template, host = begun
    folder, hits = template.with_name("place"), []
    shutil.copytree(template, folder)
    configure_instance(folder, one_database=True)
    try:
        time = SharedTime(folder / "time")
        host.begin(publisher_at(time), time.now)
        host.shown.append(Shown(frozenset(range(1, ARCHIVE + 1)), ""))  # as the first run was
        with faulty(folder) as fault, opened(folder, host, time) as place:
            for point in at:
                fault.is_to_come(point)
                story(place, fault)
                hits += [f"{point}: {fault.hit}"] if fault.hit else []
            place.come_to_rest()
            return hits, findings(place.watched, host, newest=WINDOW)
    finally:
        shutil.rmtree(folder)


def of_ticks(place: Place, fault: Fault) -> None:
    """A tick that is told to wait; and one that has something new to read, at another address."""
    place.host.weather = Weather("busy")
    with fault.at_work():
        place.tick()
    place.host.weather = Weather()
    if state_of(place.watched).held_until is None:
        place.host.forget_holds()  # nobody could remember it
    place.time.forward(A_DAY)
    place.publish(1)
    place.host.move("301")
    with fault.at_work():
        place.tick()
    new = len(place.host.publisher.episodes)
    while new not in place.host.shown[-1].numbers or place.host.shown[-1].sha256 != state_of(place.watched).body:
        place.tick()
    place.publish(WINDOW)
    place.tick()  # what was new has left the feed


def of_a_run(place: Place, fault: Fault) -> None:
    """A run of two new episodes."""
    place.publish(2)
    place.time.forward(A_DAY)
    tick = place.watched.tick(FEED)
    assert len(tick.episodes) >= 2
    with fault.at_work(), suppress(DagsterExecutionInterruptedError):
        place.watched.carry_out(FEED, tick)


@pytest.mark.parametrize("faulty", [await_that_is_stopped, change_that_fails])
@pytest.mark.parametrize("story", [of_ticks, of_a_run])
def test_a_fault_anywhere_costs_no_episode(story: Story, faulty: Faulty, begun: tuple[Path, FaultyHost]) -> None:
    """Every episode has its note, once, and the host was left alone as it asks: whatever was cut short, and where."""
    wrong, at, hits = list[str](), FROM, ["the first"]
    while hits:
        hits, found = tell(story, begun, faulty, at=range(at, at + IN_A_ROW * EVERY, EVERY))
        wrong += [f"after faults at {hits}: {one}" for one in found]
        at += IN_A_ROW * EVERY
    assert wrong == []
