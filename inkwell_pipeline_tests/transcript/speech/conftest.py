"""Fixtures of the tests of speech: what hears, and an episode that is spoken, on a host that serves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.spoken import Spoken, sample_lines, speak
from inkwell_pipeline_tests.transcript.speech.ears import Ears


@pytest.fixture
def ears(tmp_path: Path) -> Ears:
    folder = tmp_path / "data"
    folder.mkdir()
    return Ears(folder)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    """Ten lines of the sample's script, about half a minute."""
    return speak(sample_lines(10), tmp_path_factory.mktemp("spoken") / "spoken.wav")


@pytest.fixture
def script(spoken: Spoken, tmp_path: Path) -> Path:
    return spoken.script(tmp_path / "script.json")


@pytest.fixture
def audio_host(spoken: Spoken) -> AudioHost:
    return AudioHost(spoken.path.read_bytes(), media_type="audio/wav")


@pytest.fixture
def audio_url(audio_host: AudioHost) -> Iterator[str]:
    with audio_host.serve() as url:
        yield f"{url}/one.wav"
