"""Three hours of audio: in a process of its own, whose memory stays as it is and whose loop stays free.

Belongs here: what a long file costs. Does not: what is heard in it.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.speech_service import SpeechService
from inkwell_pipeline_tests.fakes.spoken import Spoken, silence

HOURS_S = 3 * 3600
RUN = """
import asyncio, json, re, sys
from pathlib import Path
from inkwell_pipeline.loop_meter import meter_loop
from inkwell_pipeline.source_settings import CommandSource, ServiceSource
from inkwell_pipeline_tests.transcript.speech.ears import Ears, of

folder, small, large, service = Path(sys.argv[1]), *sys.argv[2:]
hashing = "sha256sum {audio} > " + str(folder) + "/sum; printf 'WEBVTT\\n\\n00:00.000 --> 00:01.000\\nHello there.\\n'"
sources = {
    "command": CommandSource(command="sh -c '" + hashing.replace("'", "'\\\\''") + "' {audio}"),
    "service": ServiceSource(url=service, model="whisper-1", max_mb=500, usd_per_minute=0.006),
}

def memory_kb(name):
    return int(re.search(rf"{name}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

async def main():
    said = {}
    ears = Ears(folder)
    for number, (name, source) in enumerate(sources.items()):
        await ears.run([of(small + "?" + name, 10 + number, duration_s=None)], [source])
        before = memory_kb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # what was its peak until now does not count
        with meter_loop() as meter:
            outcome = await ears.run([of(large + "?" + name, number, duration_s=None)], [source])
        grown = memory_kb("VmHWM") - before
        said[name] = {
            "errors": outcome.errors,
            "grown_kb": grown,
            "blocked_ms": meter.blocked_s * 1000,
            "longest_ms": meter.longest_block_s * 1000,
            "minutes": outcome.counters.heard_s / 60,
        }
    print(json.dumps(said))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """86 MB of WAV."""
    return silence(tmp_path_factory.mktemp("long") / "long.wav", HOURS_S).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="a process's peak of memory is told by /proc")
def test_three_hours_are_like_three_minutes(large: bytes, httpserver: HTTPServer, tmp_path: Path) -> None:
    """Ten breaks in each download, and every byte in its place; the service gets all of it in one form."""
    breaks = [7_000_000 + 1_000 * number for number in range(10)]
    body = b'{"segments": [{"start": 1, "end": 3, "text": "Hello there."}]}'
    service = SpeechService(httpserver, Spoken(tmp_path, (), HOURS_S), most_bytes=500_000_000, body=body)
    small = silence(tmp_path / "small.wav", 180).read_bytes()
    host = AudioHost(large, media_type="audio/wav", breaks=[*breaks])
    with AudioHost(small, media_type="audio/wav").serve() as of_small, host.serve() as of_large:
        arguments = [str(tmp_path), f"{of_small}/small.wav", f"{of_large}/large.wav", service.url]
        said = _run(arguments)

    assert [one["errors"] for one in said.values()] == [[], []]
    assert (tmp_path / "sum").read_text().split()[0] == hashlib.sha256(large).hexdigest()
    assert service.sent[-1].sha256 == hashlib.sha256(large).hexdigest()
    assert host.sent == 2 * len(large)
    assert len(host.asked) == 10 + 2
    assert [round(one["minutes"]) for one in said.values()] == [180, 180]
    for one in said.values():
        assert one["grown_kb"] < 20_000, said
        assert one["blocked_ms"] < 1000, said  # of several seconds of work; the half of it is this machine's


def _run(arguments: list[str]) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found
