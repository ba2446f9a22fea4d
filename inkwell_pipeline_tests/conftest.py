"""What the whole suite stands on: no blocking call in our coroutines, nothing of the developer's environment.

Belongs here: rules for every test, and the fixtures that several rooms use. Does not: fakes (`fakes/`), builders of
values (`builders.py`).
"""

import logging
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Iterator
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import blockbuster
import pytest
from hypothesis import settings
from pytest_httpserver import HTTPServer

from inkwell_pipeline.http import Http, open_http
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.time import FakeTime
from inkwell_pipeline_tests.fuzzing import examples

# No deadline: these machines are noisy, and a test that is slow once says nothing. The same examples each time, so that
# a change is not refused for what was wrong before it; `make soak` looks for more.
settings.register_profile("inkwell", max_examples=examples(100), deadline=None, derandomize=examples(0) == 0)
settings.load_profile("inkwell")


@pytest.fixture(autouse=True, scope="session")
def signals_as_in_a_terminal() -> None:
    """nohup, and a shell's `&`, have signals ignored, also by processes that tests start, which are to heed them."""
    for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_blocking_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A blocking call on a loop below a frame of the package fails the test, also where an `except` swallowed it."""
    hits: list[str] = []

    class Recorded(blockbuster.BlockingError):
        def __init__(self, function: str) -> None:
            super().__init__(function)
            ours = [frame for frame in traceback.extract_stack() if "/inkwell_pipeline/" in frame.filename]
            hits.append(f"{function}, below {ours[-1].filename}:{ours[-1].lineno}")

    monkeypatch.setattr("blockbuster.blockbuster.BlockingError", Recorded)
    # the tests' own folder begins with the package's name: without the exclusion it would count as the package
    with blockbuster.blockbuster_ctx("inkwell_pipeline", excluded_modules=["inkwell_pipeline_tests"]):
        yield
    assert not hits, f"blocking calls on the event loop: {hits}"


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, no Dagster home, and a current folder that is the test's own."""
    for name in ("INKWELL_CONFIG", "INKWELL_VAULT", "INKWELL_DATA_DIR", "INKWELL_MODEL", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of-this-machine"))  # whose slots are other tests', too
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks a model without a fake of its provider asks a port of this machine that nobody listens at."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, path in (("ANTHROPIC_BASE_URL", ""), ("OPENAI_BASE_URL", "/v1"), ("GOOGLE_GEMINI_BASE_URL", "")):
        monkeypatch.setenv(name, f"http://127.0.0.1:9{path}")


@pytest.fixture(autouse=True, scope="session")
def no_real_host() -> None:
    """No test connects to another machine: what leaves this one is refused, by whatever library."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            host = str(arguments[1][0])
            if not host.startswith("127.") and host not in ("::1", "localhost", "0.0.0.0"):
                raise ConnectionRefusedError(f"a test would connect to {host}")

    sys.addaudithook(refuse)


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[SimpleQueue[logging.LogRecord]]:
    """The package's log lines, taken off the loop as in a run: pytest's own handlers write to a file there."""
    lines: SimpleQueue[logging.LogRecord] = SimpleQueue()
    log, handler = logging.getLogger("inkwell_pipeline"), QueueHandler(lines)
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        yield lines
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


@pytest.fixture
def host(httpserver: HTTPServer) -> Iterator[PodcastHost]:
    """A podcast host on loopback, empty."""
    host = PodcastHost(httpserver)
    yield host
    host.closed.set()


@pytest.fixture
def time() -> FakeTime:
    """The time of the fixture `http`: noon, until somebody waits."""
    return FakeTime()


@pytest.fixture
async def http(time: FakeTime) -> AsyncIterator[Http]:
    """The way out to the network, allowed to ask loopback; what it waits for between two requests passes at once."""
    async with open_http(limit=4, allow_private_hosts=True, sleep=time.sleep, clock=time.now) as opened:
        yield opened
