"""A model provider in a process of its own, so that its work is not in the one that is measured.

Belongs here: its command line, and how to begin and end it. Does not: what it does (`provider.py`).
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from urllib.request import ProxyHandler, build_opener

from inkwell_pipeline_tests.fakes.providers.asked import default_answer
from inkwell_pipeline_tests.fakes.providers.provider import ModelProvider, environment_for

__all__ = ["ProviderProcess", "main", "provider_process"]


@dataclass(frozen=True)
class ProviderProcess:
    """One that serves; `process` is it, for tests that kill it."""

    url: str
    process: "subprocess.Popen[str]"

    def environment(self) -> dict[str, str]:
        return environment_for(self.url)

    def memory(self) -> dict[str, Any]:
        """`Memory.figures`, asked for over HTTP; blocks."""
        with build_opener(ProxyHandler({})).open(f"{self.url}/memory", timeout=30) as answer:
            said: dict[str, Any] = json.load(answer)
        return said


@contextmanager
def provider_process(*arguments: str) -> Iterator[ProviderProcess]:
    """Begins one with these arguments of the command line, and ends it. Raises: RuntimeError, if it does not begin."""
    command = [sys.executable, "-m", "inkwell_pipeline_tests.fakes.providers", *arguments]
    folder = Path(__file__).parents[3]  # where the package can be imported from
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdout is not None
        try:
            if not (url := process.stdout.readline().strip()):
                raise RuntimeError(f"the provider did not begin: {command}")
            yield ProviderProcess(url, process)
        finally:
            process.terminate()


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the base URL in a line, and serves until SIGTERM or SIGINT."""
    given = _parser().parse_args(arguments)
    provider = ModelProvider(
        resolve_name(given.answer) if given.answer else default_answer,
        latency_s=given.latency_ms / 1000,
        body_s=given.body_ms / 1000,
        faults=resolve_name(given.faults) if given.faults else (),
        at_once=given.at_once,
        a_minute=given.a_minute,
        minimum_tokens=given.minimum_tokens,
        journal=given.journal,
        port=given.port,
    )
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with provider:
        print(provider.url, flush=True)  # noqa: T201  the one thing it is to say
        signal.sigwait(signals)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inkwell_pipeline_tests.fakes.providers", description=main.__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="before a response begins")
    parser.add_argument("--body-ms", type=float, default=0.0, help="from its first byte to its last")
    parser.add_argument("--at-once", type=int, help="requests at once; more get 429")
    parser.add_argument("--a-minute", type=int, help="requests a minute; more get 429")
    parser.add_argument("--minimum-tokens", type=int, help="of a prefix that Anthropic keeps")
    parser.add_argument("--answer", help="a function of Asked that gives the answer, as module:name")
    parser.add_argument("--faults", help="a function of Asked that gives a fault or None, as module:name")
    parser.add_argument("--journal", type=Path, help="a file that gets a line for each begin and end")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    return parser
