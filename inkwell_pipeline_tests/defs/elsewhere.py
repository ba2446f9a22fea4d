"""Another process on the same folder and instance: for runs beside others, as Dagster has them, and to be killed.

Belongs here: the process, what it can be told, its end. Does not: when it is told what (`simulation.py`).
Run as a program it obeys the lines of its standard input: `run <run's id>` carries a run out; `tick` ticks, and carries
out what is asked for. It answers each with a line.
"""

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import dagster as dg

from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline_tests.defs.places import FEED, open_watched
from inkwell_pipeline_tests.fakes.time import SharedTime

__all__ = ["Elsewhere"]

ROOT = Path(__file__).parents[2]


class Elsewhere:
    """The process; it starts when it is told the first thing, and again after it was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def begin(self, line: str) -> None:
        """Tells it something; it must have answered what it was told before."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "inkwell_pipeline_tests.defs.elsewhere", self._folder],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
                start_new_session=True,
            )
            self.wait()
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")

    def wait(self) -> None:
        """Until it has answered."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "done\n", f"it ended: {self._process.wait()}"

    def is_done(self) -> bool:
        """Whether it has answered, for which nobody has waited yet."""
        assert self._process is not None
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def kill(self) -> None:
        """`kill -9`, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    close = kill


def main(folder: Path) -> None:
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        watched = open_watched(folder, instance, SharedTime(folder / "time"), patience_s=20)
        answer()
        for line in sys.stdin:
            what, _, run_id = line.strip().partition(" ")
            if what == "run":
                run = instance.get_run_by_id(run_id)
                assert run is not None
                watched.execute(run)
            else:
                with suppress(InkwellError):
                    watched.carry_out(FEED, watched.tick(FEED))
            answer()


def answer() -> None:
    os.write(1, b"done\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
