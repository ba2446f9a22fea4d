"""A show of ten episodes on a podcast host, its config, and what stands in a folder after runs of it.

Belongs here: what the tests of faults share. Does not: the faults.
"""

import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from click.testing import Result

from inkwell_pipeline.defs.history import BEGUN
from inkwell_pipeline_tests.builders import LINES, vtt
from inkwell_pipeline_tests.cli.commands import call
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss

__all__ = ["EPISODES", "Place", "is_empty", "publish_show"]

EPISODES = 10


def publish_show(host: PodcastHost, *, episodes: int = EPISODES) -> None:
    """`/rivers.xml`, whose episodes have a transcript each at `/<number>.vtt`."""
    items = []
    for number in range(1, episodes + 1):
        lines = [f"{line} Chapter {number} says so." for line in LINES]
        url = host.publish(f"/{number}.vtt", vtt(*lines), "text/vtt")
        date = f"{number:02} Apr 2024 09:00:00 GMT"
        items.append(Item(f"Episode {number}", guid=f"r{number}", date=date, transcripts=((url, "text/vtt"),)))
    host.publish("/rivers.xml", rss("Rivers", *items), "application/rss+xml")


@dataclass(frozen=True)
class Place:
    """A folder with a config for the show; its vault and data, and Dagster's history, lie in it."""

    folder: Path

    def configure(self, host: PodcastHost, *, more: str = "", newest: int = EPISODES) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "inkwell.yaml").write_text(
            f"allow_private_hosts: true\nnewest: {newest}\nconcurrency: {{http: 2, llm: 2}}\n{more}"
            f"feeds:\n  rivers: {{url: '{host.url('/rivers.xml')}'}}\n"
        )

    def start(self) -> "subprocess.Popen[str]":
        """`inkwell-pipeline run`, in a session of its own, so that what it leaves behind can be found."""
        return subprocess.Popen(
            [Path(sys.executable).parent / "inkwell-pipeline", "run"],
            cwd=self.folder,
            env=os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self) -> tuple[int, str, str]:
        """A whole run, in this process; its status, and what it printed."""
        done = self.call("run")
        return done.exit_code, done.stdout, done.stderr

    def call(self, *arguments: str) -> Result:
        """`inkwell-pipeline` with these arguments, in this process."""
        with chdir(self.folder):
            return call(*arguments)

    @property
    def notes(self) -> dict[str, bytes]:
        """The vault's notes, by their path in it."""
        vault = self.folder / "vault"
        return {path.relative_to(vault).as_posix(): path.read_bytes() for path in vault.rglob("*.md")}

    @property
    def temporaries(self) -> list[Path]:
        return sorted(self.folder.rglob("*.tmp"))

    def unfinished_runs(self) -> list[str]:
        """What Dagster's history takes to be at work."""
        with dg.DagsterInstance.from_config(str(self.folder / ".inkwell" / "dagster")) as instance:
            return [run.status.value for run in instance.get_runs(dg.RunsFilter(statuses=BEGUN))]


def is_empty(session: int) -> bool:
    """Whether no process of the session is left; one that has ended, and that nobody has waited for, is none."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    processes = (line.split() for line in listed.splitlines())
    return not any(int(group) == session and not state.startswith("Z") for group, state in processes)
