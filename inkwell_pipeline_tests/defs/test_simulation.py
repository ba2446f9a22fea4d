"""Nothing is lost, and nothing made twice: weeks of a watched feed, with the real sensor on a real instance.

`INKWELL_TICKS` says how many ticks (default: 50; `make soak`: 500), `INKWELL_SIMULATION_SEED` which weeks (default: 1).
"""

import os
import random
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from inkwell_pipeline_tests.defs.aftermath import findings, missing
from inkwell_pipeline_tests.defs.elsewhere import Elsewhere
from inkwell_pipeline_tests.defs.places import new_folder, open_watched
from inkwell_pipeline_tests.defs.simulation import Simulation
from inkwell_pipeline_tests.fakes.faulty_host import FaultyHost
from inkwell_pipeline_tests.fakes.publisher import Publisher
from inkwell_pipeline_tests.fakes.time import SharedTime, hurried

TICKS = int(os.environ.get("INKWELL_TICKS", "50"))
SEED = int(os.environ.get("INKWELL_SIMULATION_SEED", "1"))
TICKS_A_KILL = 50
PATIENCE_S = 1.0  # real time that a tick waits for a host, so that an answer can be late

pytestmark = pytest.mark.slow


def test_weeks_of_faults_cost_no_episode_and_bother_nobody(quick_folder: Path) -> None:
    """Each episode that the feed showed since it is watched has one note; no host was asked before it allowed it."""
    chance = random.Random(SEED)
    folder = quick_folder
    time, elsewhere = SharedTime(folder / "time"), Elsewhere(folder)
    with (
        hurried() as hurry,
        closing(FaultyHost(Publisher(chance, now=time.now()), time.now, on_silence=hurry)) as host,
    ):
        new_folder(folder, host.url)
        with (
            dg.DagsterInstance.from_config(str(folder / "dagster")) as instance,
            closing(open_watched(folder, instance, time, patience_s=PATIENCE_S)) as watched,
            closing(elsewhere),
        ):
            simulation = Simulation(watched, host, time, elsewhere, chance)
            simulation.begin()
            kill_is_due = False
            for number in range(1, TICKS + 1):
                kill_is_due |= number % TICKS_A_KILL == TICKS_A_KILL // 2
                if kill_is_due:
                    kill_is_due = not simulation.step_with_a_kill()
                else:
                    simulation.step()
            says = simulation.come_to_rest()
            given_up = simulation.given_up()
            assert bool(given_up) == ("given up until asked for by hand" in says)
            assert missing(watched, host) <= set(given_up.values())

            for one in host.publisher.episodes:
                one.is_lost = False
            simulation.ask_by_hand(list(given_up))
            simulation.come_to_rest()
            assert findings(watched, host) == [], simulation.seen
