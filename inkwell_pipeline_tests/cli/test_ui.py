"""`inkwell-pipeline ui`: that it starts, and above all how it ends."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from inkwell_pipeline_tests.cli.commands import call
from inkwell_pipeline_tests.defs.show import is_empty
from inkwell_pipeline_tests.fakes.feed_host import feed_host
from inkwell_pipeline_tests.installation import PROGRAM, answers, unused_port, wait_until


@pytest.mark.skipif("INKWELL_KILLS" not in os.environ, reason="takes half a minute: CI sets INKWELL_KILLS")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="it looks for children in /proc")
def test_a_signal_ends_all_of_it_also_without_job_control(tmp_path: Path) -> None:
    """A script's `&` has SIGINT ignored: Dagster left alone would never hear it. Within 5 s no process is left.

    Nor is a sensor waited for that waits for its host.
    """
    port = unused_port()
    script = f"{PROGRAM} ui --port {port} >out 2>&1 & echo $!; wait $!; echo $?"
    with feed_host() as host:
        host.hanging.add("/feed.xml")
        feed = f"{{url: '{host.url('/feed.xml')}', watch: true}}"
        (tmp_path / "inkwell.yaml").write_text(f"allow_private_hosts: true\nfeeds:\n  silent: {feed}\n")
        with subprocess.Popen(["sh", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as shell:
            assert shell.stdout is not None
            ui = int(shell.stdout.readline())
            wait_until(lambda: answers(port) and host.under_way["/feed.xml"] == 1, "it waits")
            (session,) = map(int, Path(f"/proc/{ui}/task/{ui}/children").read_text().split())
            os.kill(ui, signal.SIGINT)
            said, _ = shell.communicate(timeout=5)

    assert said == "130\n"
    assert is_empty(session)
    printed = (tmp_path / "out").read_text()
    assert printed.startswith(f"http://127.0.0.1:{port} ")
    assert printed.endswith("stopped\n")
    assert (tmp_path / ".inkwell" / "dagster" / "dagster.yaml").is_file()


def test_a_port_that_is_taken_is_a_line(tmp_path: Path) -> None:
    """Not a traceback of a server's, three processes down."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = call("ui", "--port", str(port))

    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"something listens on 127.0.0.1:{port} already",
        "  what to do: name another port: --port 3001",
    ]


def test_a_mistake_in_the_config_is_told_before_anything_starts(tmp_path: Path) -> None:
    """It would stand somewhere in a code server's log."""
    (tmp_path / "inkwell.yaml").write_text("feeds: {}\n")

    done = call("ui")

    assert done.exit_code == 2
    assert "feeds: must not be empty" in done.stderr
