"""What surrounds a recogniser: the way of three hours of audio onto the disk, and what a hearing does beside hearing.

Belongs here: downloads beside the plainest one, a program alone and with all that is around it. Does not: how long a
recogniser takes, which is the user's.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiofiles
import httpx

from inkwell_pipeline.clock import now
from inkwell_pipeline.http import open_http
from inkwell_pipeline.programs import Program, run_program
from inkwell_pipeline.source_settings import CommandSource
from inkwell_pipeline.transcript.speech.download import Wanted, download
from inkwell_pipeline_tests.benchmarks.rows import Figures, Row, in_turn, print_lines, table
from inkwell_pipeline_tests.benchmarks.stall import run, watching
from inkwell_pipeline_tests.transcript.speech.ears import Ears, of

__all__ = ["print_tables"]

MEGABYTES, BREAKS = 86, 10  # three hours of 64 kbit/s
CAPTIONS = "WEBVTT\\n\\n00:00.000 --> 00:02.000\\nHello there, my friends.\\n"
HOST = """
import sys
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
body, breaks = bytes(int(sys.argv[1])), int(sys.argv[2])
host = AudioHost(body, media_type="audio/wav")
with host.serve() as url:
    print(url, flush=True)
    for line in sys.stdin:
        host.breaks = [len(body) // (breaks + 1)] * breaks if line.strip() == "break" else []
        print("ready", flush=True)
"""
LIMIT, TEXTBOOK, OURS = "urllib into a file, on no loop (the limit)", "httpx, aiofiles.open (the textbook)", "ours"
PROGRAM, RUN, HEARD, AGAIN = "the program alone (the limit)", "with a warden", "all of a hearing", "found again"


def print_tables(*, megabytes: int = MEGABYTES, episodes: int = 20, rounds: int = 5) -> None:
    """A download, then hearings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _host(megabytes) as host:
            rows = in_turn(
                {
                    LIMIT: lambda: _plain(host, folder, megabytes),
                    TEXTBOOK: lambda: run(_textbook(host, folder, megabytes)),
                    OURS: lambda: run(_ours(host, folder, megabytes)),
                    f"{OURS}, {BREAKS} breaks": lambda: run(_ours(host, folder, megabytes, breaks=True)),
                },
                rounds=rounds,
            )
        _print(f"three hours of audio, {megabytes} MB (MB/s)", rows, LIMIT)
        with _host(1) as host:
            heard = in_turn(
                {
                    PROGRAM: lambda: _program(folder, episodes),
                    RUN: lambda: run(_with_warden(folder, episodes)),
                    HEARD: partial(_hearings, host, folder, episodes, again=False),
                    AGAIN: partial(_hearings, host, folder, episodes, again=True),
                },
                rounds=rounds,
            )
        _print(f"{episodes} episodes of 1 MB, a program that takes no time (episodes/s)", heard, PROGRAM)


def _print(title: str, rows: dict[str, Row], limit: str) -> None:
    print_lines(table(title, rows.values(), lambda _: rows[limit]))


class _Host:
    """In a process of its own, so that its work is not on our loop's clock."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.url = self._out.readline().strip()

    def break_off(self, *, often: bool) -> None:
        self._in.write("break\n" if often else "whole\n")
        self._in.flush()
        self._out.readline()


@contextmanager
def _host(megabytes: int) -> Iterator[_Host]:
    running = [sys.executable, "-c", HOST, str(megabytes * 1_000_000), str(BREAKS)]
    with subprocess.Popen(running, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        host = _Host(process)
        yield host
        assert process.stdin is not None
        process.stdin.close()


def _plain(host: _Host, folder: Path, megabytes: int) -> Figures:
    began = time.perf_counter()
    urllib.request.urlretrieve(f"{host.url}/one.wav", folder / "plain")
    return Figures(megabytes, time.perf_counter() - began)


async def _textbook(host: _Host, folder: Path, megabytes: int) -> Figures:
    async with (
        httpx.AsyncClient() as client,
        watching() as watch,
        client.stream("GET", f"{host.url}/one.wav") as response,
        aiofiles.open(folder / "text", "wb") as file,
    ):
        async for piece in response.aiter_bytes():
            await file.write(piece)
    return Figures(megabytes, watch.took_s, watch.longest_stall_s, watch.blocked_share)


async def _ours(host: _Host, folder: Path, megabytes: int, *, breaks: bool = False) -> Figures:
    host.break_off(often=False)
    part = folder / "part"
    part.unlink(missing_ok=True)
    wanted = Wanted(f"{host.url}/one.wav", {}, "bench", "Long", max_bytes=10**9, timeout_s=600)

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    async with open_http(limit=2, allow_private_hosts=True) as http:
        await http.get(f"{host.url}/one.wav", max_bytes=10**9)  # what is imported by then is not the download's
        host.break_off(often=breaks)
        async with watching() as watch:
            await download(wanted, part, http=http, clock=now, sleep=at_once)
    assert part.stat().st_size == megabytes * 1_000_000
    part.with_name("part.json").unlink()
    return Figures(megabytes, watch.took_s, watch.longest_stall_s, watch.blocked_share)


def _program(folder: Path, episodes: int) -> Figures:
    began = time.perf_counter()
    for _ in range(episodes):
        subprocess.run(["printf", CAPTIONS], cwd=folder, check=True, capture_output=True)
    return Figures(episodes, time.perf_counter() - began)


async def _with_warden(folder: Path, episodes: int) -> Figures:
    program = Program(["printf", CAPTIONS], folder, 60, 1_000_000)
    async with watching() as watch:
        for _ in range(episodes):
            await run_program(program)
    return Figures(episodes, watch.took_s, watch.longest_stall_s, watch.blocked_share)


def _hearings(host: _Host, folder: Path, episodes: int, *, again: bool) -> Figures:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source = CommandSource(command=f"sh -c 'printf \"{CAPTIONS}\"' {{audio}}")
        # each with other options, for the same audio would be heard once
        sources = [source.model_copy(update={"command": f"{source.command} {number}"}) for number in range(episodes)]
        hear: Callable[[], Figures] = lambda: run(_heard(Ears(Path(name)), host, sources))  # noqa: E731
        return (hear(), hear())[1] if again else hear()


async def _heard(ears: Ears, host: _Host, sources: list[CommandSource]) -> Figures:
    warm = sources[0].model_copy(update={"command": f"{sources[0].command} warm"})
    await ears.run([of(f"{host.url}/one.wav", 999)], [warm])  # imports
    async with watching() as watch:
        for number, source in enumerate(sources):
            await ears.run([of(f"{host.url}/one.wav", number)], [source])
    return Figures(len(sources), watch.took_s, watch.longest_stall_s, watch.blocked_share)
