"""`inkwell-pipeline ui`: Dagster's UI and daemon for the config that counts here, and an end that leaves no process."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from inkwell_pipeline.cli.endings import FAILED, endings, show_error

__all__ = ["ui"]

PATIENCE_S = 4.0  # for Dagster's own end, of which the whole must not take 5 s
FIXED = {"DAGSTER_DISABLE_TELEMETRY": "1"}  # also for a DAGSTER_HOME whose dagster.yaml does not say so
# Of a code server's threads Dagster has four more than there are processors, and the daemon takes 8 for sensors: while
# as many hosts are slow, nobody could start a run.
THREADS = "16"
PREFERRED = {"DAGSTER_CODE_SERVER_MAX_WORKERS": THREADS, "DAGSTER_GRPC_MAX_WORKERS": THREADS}


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Where it listens.")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address; it has no password.")
def ui(port: int, host: str) -> None:
    """Start Dagster's UI and daemon.

    Runs can be started and watched there, and feeds with `watch: true` are asked by themselves. Ctrl-C ends all of it.
    """
    from inkwell_pipeline.defs.instance import home, open_instance
    from inkwell_pipeline.settings import load_settings

    with endings("stopped"):
        settings = load_settings()  # a mistake in the config is told here, not in a server's log
        if _is_taken(host, port):
            show_error(f"something listens on {host}:{port} already", "name another port: --port 3001")
            sys.exit(FAILED)
        place = home(settings)
        with open_instance(settings):
            pass  # its databases are there before several processes look for them
        environment = {**PREFERRED, **os.environ, **FIXED}
        if place:
            environment["DAGSTER_HOME"] = str(place)
        click.echo(f"http://{host}:{port}   (Ctrl-C ends it; the run history is in {place or Path.cwd() / '.dagster'})")
        _serve(host, port, environment)


def _is_taken(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _serve(host: str, port: int, environment: dict[str, str]) -> None:
    """Until Dagster ends, or a signal ends it."""
    workspace = str(files("inkwell_pipeline.defs") / "workspace.yaml")
    command = [sys.executable, "-m", "dagster", "dev", "-w", workspace, "--host", host, "--port", str(port)]
    # a session of its own: what is left of it at the end can be found
    process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603  our own words
    try:
        status = process.wait()
    finally:
        _end(process)
    if status:
        show_error(f"Dagster ended with status {status}; its lines above say why", None)
        sys.exit(FAILED)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """As a terminal's Ctrl-C does it: every process is asked to end, runs too, which clean up; then none is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them
    _signal_all(process, signal.SIGINT)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and _signal_all(process, 0):
        process.poll()  # takes its status, without which it would count as alive
        time.sleep(0.05)
    _signal_all(process, signal.SIGKILL)
    process.wait()


def _signal_all(process: "subprocess.Popen[bytes]", number: int) -> bool:
    """Whether there was any process of the session left to get it."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True
