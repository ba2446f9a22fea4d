"""What a host serves against what the feed says: one small request, once."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Episode
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.transcript.drift import HEAD_BYTES, Clockwork
from inkwell_pipeline_tests.builders import episode
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.spoken import silence

FEED = FeedSettings("rivers", "http://127.0.0.1/feed.xml")


@pytest.fixture
def host(tmp_path: Path) -> AudioHost:
    """A minute and a half of WAV."""
    return AudioHost(silence(tmp_path / "one.wav", 90).read_bytes(), media_type="audio/wav")


@pytest.fixture
def clockwork(tmp_path: Path, http: Http) -> Clockwork:
    return Clockwork(tmp_path / "audio", http)


def of(url: str, **stated: int | None) -> Episode:
    return episode(key="1" * 16, audio_url=f"{url}/one.wav", **stated)


@pytest.mark.parametrize(
    ("stated", "drifts"),
    [
        ({"audio_bytes": 720_044, "duration_s": 90}, False),
        ({"audio_bytes": None, "duration_s": 92}, False),
        ({"audio_bytes": None, "duration_s": 75}, True),
        ({"audio_bytes": 720_044, "duration_s": 61}, True),
        ({"audio_bytes": 600_000, "duration_s": None}, True),
        ({"audio_bytes": 720_000, "duration_s": None}, False),
    ],
)
async def test_what_disagrees_is_said(
    host: AudioHost, clockwork: Clockwork, stated: dict[str, int | None], drifts: bool
) -> None:
    """By the duration in the file's own head, where it is there; else by its bytes."""
    with host.serve() as url:
        found = await clockwork.drift_of(of(url, **stated), FEED)

    assert (found is not None) == drifts
    assert host.sent <= HEAD_BYTES * 1.01
    assert host.asked[0].headers["range"] == f"bytes=0-{HEAD_BYTES - 1}"


async def test_it_is_asked_once(host: AudioHost, clockwork: Clockwork) -> None:
    """Until the feed says something else."""
    with host.serve() as url:
        found = [await clockwork.drift_of(of(url, duration_s=75), FEED) for _ in range(3)]
        mended = await clockwork.drift_of(of(url, duration_s=90), FEED)

    assert found == ["the feed says 1:15, the host serves 1:30"] * 3
    assert mended is None
    assert len(host.asked) == 2


async def test_a_host_without_ranges_is_not_listened_to_for_long(host: AudioHost, clockwork: Clockwork) -> None:
    """It sends all; no more is taken than is needed."""
    host.ranges, host.body = False, host.body * 50
    with host.serve() as url:
        found = await clockwork.drift_of(of(url, audio_bytes=720_044), FEED)

    assert found == "the feed says 720,044 bytes, the host serves 36,002,200"
    assert host.sent < len(host.body)


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (503, 2)])
async def test_what_cannot_be_told_is_not_said(host: AudioHost, clockwork: Clockwork, status: int, asked: int) -> None:
    """The transcript stays; who refuses for good is not asked again."""
    host.statuses = [status] * 9
    with host.serve() as url:
        found = [await clockwork.drift_of(of(url, duration_s=75), FEED) for _ in range(2)]

    assert found == [None, None]
    assert len(host.asked) == asked


async def test_nobody_is_asked_in_vain(host: AudioHost, clockwork: Clockwork, tmp_path: Path) -> None:
    """Nothing is stated, or a stopgap; the feed is a file, and the sample asks nobody for anything."""
    with host.serve() as url:
        for stated in ({}, {"audio_bytes": 1}):
            assert await clockwork.drift_of(of(url, **stated).model_copy(update={"duration_s": None}), FEED) is None
        local = replace(FEED, source=tmp_path / "feed.xml")
        assert await clockwork.drift_of(of(url, duration_s=75), local) is None

    assert host.asked == []
