"""A watched feed over weeks: a publisher at work, a host with faults, runs that come late, twice, or not at all.

Belongs here: what happens from one tick to the next, by chance with a seed. Does not: the publisher and the host
(`fakes/`), ticking and running (`watched.py`), what must hold in the end (`aftermath.py`).
"""

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from inkwell_pipeline.defs.alive import has_lock
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline_tests.defs.elsewhere import Elsewhere
from inkwell_pipeline_tests.defs.places import FEED, progress_of, state_of
from inkwell_pipeline_tests.defs.watched import Tick, Watched
from inkwell_pipeline_tests.fakes.faulty_host import FaultyHost, Weather
from inkwell_pipeline_tests.fakes.time import SharedTime

__all__ = ["Simulation"]

JUMPS = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 30, 30, 30, 120, 480, 1800))
LONG = timedelta(hours=26)  # longer than any wait for another try
NOTHING_TO_DO = re.compile(  # a feed that shuffles its items is new each time
    r"(unchanged since [^;]*|read now: it has nothing that is due)"
    r"(; \d+ episodes? (is|are) given up until asked for by hand)?"
)
# chances are in percent
AT_ONCE = {"0": 68, "1": 19, "2": 6, "4": 4, "14": 3}  # new episodes; the last are more than the feed has at once
FEED_FAULTS = {
    "well": 55,
    "busy": 6,
    "down": 4,
    "broken": 6,
    "cut": 6,
    "silent": 4,
    "late": 4,
    "hang up": 4,
    "page": 3,
    "elsewhere": 4,
    "bare 304": 4,
}
FATES = {"now": 60, "queued": 12, "lost": 8, "stopped": 6, "beside another": 7, "long": 7}


class Simulation:
    """One feed, its host, and those who watch it. `seen` counts what has happened, for those who read the output."""

    def __init__(
        self, watched: Watched, host: FaultyHost, time: SharedTime, elsewhere: Elsewhere, chance: random.Random
    ) -> None:
        self.watched, self.host, self.time, self.chance = watched, host, time, chance
        self.publisher = host.publisher
        self.seen: Counter[str] = Counter()
        self._elsewhere = elsewhere
        self._queue: list[dg.DagsterRun] = []
        self._is_long = False  # a run elsewhere goes on
        self._gate = threading.Event()  # whether it may

    def begin(self) -> None:
        """The first look, from which on all that is published counts."""
        while not (tick := self.tick()).requests:  # on a busy machine the host is slow, too
            pass
        self.watched.carry_out(FEED, tick)

    def step(self) -> None:
        """Time passes, things happen, a tick."""
        self.time.forward(self.chance.choice(JUMPS))
        self._happen()
        self._begin_late_runs()
        self.host.weather = self._weather()
        tick = self.tick()
        self.host.weather.gate.set()
        for request in tick.requests:
            fate = self._one_of(FATES)
            self.seen[f"run {fate}"] += 1
            self._carry_out(request, fate)

    def step_with_a_kill(self) -> bool:
        """The same in another process, which is killed at some moment of the tick, or of the run after it.

        Whether it was at work then: a tick that has nothing to do is over before.
        """
        self.time.forward(self.chance.choice(JUMPS))
        self._happen()
        self._begin_late_runs(all_of_them=True)
        # with nothing that it would have to tell others before it dies
        self.host.weather, self.host.asker = Weather(), "sensor"
        asked = len(self.host.asked)
        until_asked, longer_s = self.chance.choice((0, 0, 1, 1, 2, 3)), self.chance.uniform(0, 0.6)
        self._elsewhere.begin("tick")
        while len(self.host.asked) < asked + until_asked and not self._elsewhere.is_done():
            time.sleep(0.005)
        time.sleep(longer_s)
        was_at_work = not self._elsewhere.is_done()
        self.seen["kill" if was_at_work else "kill too late"] += 1
        self._elsewhere.kill()
        self.host.asker = "run"
        self.host.forget_unread(state_of(self.watched))
        self._end_what_never_began()
        return was_at_work

    def tick(self) -> Tick:
        """A red one asks for nothing."""
        self.host.asker = "sensor"
        try:
            tick = self.watched.tick(FEED)
        except InkwellError as error:
            tick = Tick((), f"red: {error}", None)
        self.seen[f"tick: {re.sub('[0-9].*', '', tick.skipped or 'a run')}"] += 1
        self.host.asker = "run"
        return tick

    def come_to_rest(self) -> str:
        """The host is well again, and nothing new comes: ticks, until nothing is due; what the last one says."""
        self.host.weather = Weather()
        for one in self.publisher.episodes:
            one.troubles.clear()
        self._begin_late_runs(all_of_them=True)
        said = list[str]()
        for _ in range(100):
            self.time.forward(LONG)
            tick = self.tick()
            self.watched.carry_out(FEED, tick)
            said.append(tick.skipped or "a run")
            if NOTHING_TO_DO.fullmatch(said[-1]):
                return said[-1]
        raise AssertionError(f"a hundred ticks, and still something is due: {Counter(said)}; before: {self.seen}")

    def given_up(self) -> dict[str, int]:
        """The numbers of the episodes that are left to people, by key."""
        episodes = progress_of(self.watched).episodes.items()
        return {key: int(one.title.split()[1]) for key, one in episodes if one.is_given_up}

    def ask_by_hand(self, keys: list[str]) -> bool:
        """A run of these episodes, or of the feed's newest; whether it succeeded."""
        return self.watched.execute(self._by_hand(keys))

    def _by_hand(self, keys: list[str]) -> dg.DagsterRun:
        self.host.asker = "run"
        config = {"ops": {"feed": {"config": {"episodes": keys}}}} if keys else None
        return self.watched.create(FEED, config=config)

    def _one_of(self, chances: Mapping[str, int]) -> str:
        return self.chance.choices(list(chances), list(chances.values()))[0]

    def _happen(self) -> None:
        chance, publisher = self.chance, self.publisher
        for _ in range(int(self._one_of(AT_ONCE))):
            publisher.publish(self.time.now())
        if chance.random() < 0.35:
            publisher.change()
        publisher.shows_all = chance.random() < 0.03
        if chance.random() < 0.04:
            self.seen["moved"] += 1
            self.host.move(self._one_of({"301": 1, "308": 1, "announces": 1}))
        if chance.random() < 0.06:
            self.seen["restarted"] += 1
            self.watched.close()
            self.host.forget_unread(state_of(self.watched))
            self.watched.restart()
        if chance.random() < 0.06 and not self._is_long:  # it would wait for the other
            self.seen["run by hand"] += 1
            self.ask_by_hand(list(self.given_up()) if chance.random() < 0.5 else [])

    def _weather(self) -> Weather:
        chance = self.chance
        feed = self._one_of(FEED_FAULTS)
        self.seen[f"host {feed}"] += 1
        return Weather(
            feed=feed,
            wait_s=chance.choice([5, 25, 600, 7200]),
            as_date=chance.random() < 0.5,
            validators=chance.choice(["both", "both", "etag", "last-modified", "none"]),
            max_age_s=chance.choice([None, None, 0, 300, 3600]),
            ttl_minutes=chance.choice([None, None, None, 15, 120]),
        )

    def _carry_out(self, request: dg.RunRequest, fate: str) -> None:
        if fate == "lost":
            return
        run = self.watched.create_requested(FEED, request)
        assert run is not None, "a run was asked for twice"
        if fate == "queued":
            self._queue.append(run)
        elif fate == "stopped" and not self._is_long:  # whose transcripts would be taken for its own
            self._execute_until_stopped(run)
        elif fate == "beside another" and not self._is_long:
            self._execute_beside_another(run)
        elif fate == "long" and not self._is_long:
            self._begin_long_run(run)
        else:
            self.watched.execute(run)

    def _execute_until_stopped(self, run: dg.DagsterRun) -> None:
        """As by Ctrl-C, while it waits for its first transcript."""
        self.host.on_transcript = lambda: os.kill(os.getpid(), signal.SIGINT)
        try:
            self.watched.execute(run)
        except DagsterExecutionInterruptedError:
            pass
        finally:
            self.host.on_transcript = None

    def _execute_beside_another(self, run: dg.DagsterRun) -> None:
        self.host.weather = Weather()  # the time of another process cannot be put forward
        self._elsewhere.begin(f"run {self._by_hand([]).run_id}")
        self.watched.execute(run)
        self._elsewhere.wait()

    def _begin_long_run(self, run: dg.DagsterRun) -> None:
        """One that waits for its first transcript, while ticks go on."""
        self.host.on_transcript = self._wait_at_the_gate
        self._elsewhere.begin(f"run {run.run_id}")
        self._is_long = True
        while self.host.on_transcript is not None and not self._elsewhere.is_done():
            time.sleep(0.005)
        self.host.on_transcript = None

    def _wait_at_the_gate(self) -> None:
        self._gate.wait(60)

    def _begin_late_runs(self, *, all_of_them: bool = False) -> None:
        if self._is_long and (all_of_them or self.chance.random() < 0.6):
            self._gate.set()
            self._elsewhere.wait()
            self._gate.clear()
            self._is_long = False
        for run in self._queue.copy():
            if all_of_them or self.chance.random() < 0.5:
                self._queue.remove(run)
                self.watched.execute(run)

    def _end_what_never_began(self) -> None:
        """Runs that were killed before they could say that they are at work: Dagster's monitoring waits for them."""
        instance = self.watched.instance
        for run in instance.get_runs():
            if not run.is_finished and not has_lock(instance, run.run_id):
                self.seen["killed before it began"] += 1
                instance.report_run_failed(run, "it did not start in time")
