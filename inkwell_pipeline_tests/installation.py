"""`inkwell-pipeline ui`, or a bare `dagster dev`, as somebody has it running: webserver, daemon, code server and runs.

Belongs here: starting it in a folder, asking it over HTTP, what its processes have used, ending it. Does not: the
config there, and what should come of it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["PROGRAM", "Installation", "answers", "installed", "unused_port", "wait_until"]

PROGRAM = Path(sys.executable).parent / "inkwell-pipeline"
LONG_S = 300.0  # a machine that does much else takes minutes for Dagster to begin
DEV = (sys.executable, "-m", "dagster", "dev")
TICKS_S = os.sysconf("SC_CLK_TCK")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_until(is_so: Callable[[], bool], what: str, *, at_most_s: float = LONG_S, every_s: float = 0.05) -> None:
    """Returns when it is so. Raises: TimeoutError, with what was waited for."""
    until = time.monotonic() + at_most_s
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {at_most_s} s")
        time.sleep(every_s)


def answers(port: int) -> bool:
    """Whether the webserver is there, and has its code location."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5):
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class Installation:
    """What runs in `folder`: `process`, and the processes that it has begun. Figures of processes are Linux's alone."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the webserver's GraphQL gives. Raises: AssertionError, where that is errors."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        url, headers = f"http://127.0.0.1:{self.port}/graphql", {"Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=LONG_S) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:  # the answer of a mutation that failed has this status
            said = json.load(error)
        assert not said.get("errors"), said["errors"]
        return dict(said["data"])

    @property
    def home(self) -> Path:
        """Dagster's, where the installation was begun with `dagster_home`."""
        return self.folder / "home"

    @property
    def session(self) -> int:
        """That of Dagster's processes: `ui` gives them one of their own."""
        number = self.process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return next((child for child in map(int, children) if os.getsid(child) == child), number)

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that all the processes have used, with their ended children."""
        return sum(used_s for used_s, _ in self._processes())

    @property
    def memory_mb(self) -> float:
        """What the processes have in memory; what several share counts once for all of them."""
        return sum(_pss_mb(number) for _, number in self._processes())

    def _processes(self) -> Iterator[tuple[float, int]]:
        """Processor time and number of each."""
        sessions = {self.process.pid, self.session}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            if int(fields[3]) in sessions:
                yield sum(map(int, fields[11:15])) / TICKS_S, int(folder.name)

    @property
    def printed(self) -> str:
        return (self.folder / "ui.log").read_text()

    def end(self) -> int:
        """As with Ctrl-C, once; the status. Nothing is left of it.

        A bare `dagster dev` does not hear it where a script's `&` has it ignored, and takes its time: it is killed.
        """
        if self.process.returncode is not None:
            return self.process.returncode
        sessions = {self.process.pid, self.session}
        self.process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        for session in sessions:
            with suppress(ProcessLookupError):
                os.killpg(session, signal.SIGKILL)
        return self.process.wait()


@contextmanager
def installed(
    folder: Path,
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """Starts `ui`, or what `command` says, in `folder`, and ends it at the end; its lines are in `ui.log` there.

    Of this process's variables it gets none of ours or Dagster's, but those in `environment`.
    """
    port = unused_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    with (folder / "ui.log").open("wb") as log:
        process = subprocess.Popen(
            [*(command or (PROGRAM, "ui")), "--port", str(port)],
            cwd=folder,
            env={**others, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    one = Installation(folder, port, process)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, "the UI answers")
        assert process.poll() is None, one.printed
        yield one
    finally:
        one.end()


def dagster_home(folder: Path) -> dict[str, str]:
    """Variables for a Dagster whose home in `folder` has the packaged `dagster.yaml`, and that finds these modules."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_bytes((files("inkwell_pipeline.defs") / "dagster.yaml").read_bytes())
    return {"DAGSTER_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}


def _pss_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
