"""faster-whisper in its own process: what it is asked, what it gives, how it fails."""

import inspect
import json
import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

from inkwell_pipeline.source_settings import WhisperSource
from inkwell_pipeline_tests import fakes
from inkwell_pipeline_tests.fakes.spoken import Spoken
from inkwell_pipeline_tests.transcript.speech.ears import Ears, near, of

LIBRARIES = Path(fakes.__file__).with_name("libraries")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in is found, here and in processes."""
    monkeypatch.syspath_prepend(str(LIBRARIES))
    monkeypatch.setenv("PYTHONPATH", str(LIBRARIES))
    sys.modules.pop("faster_whisper", None)


@pytest.mark.usefixtures("library")
async def test_its_words_and_their_times(
    ears: Ears, spoken: Spoken, script: Path, audio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the transcript, with how sure it is; it costs nothing."""
    log = ears.folder / "asked.json"
    monkeypatch.setenv("INKWELL_FAKE_WHISPER", str(log))
    source = WhisperSource(model=str(script), folder="models", compute_type="int8")
    outcome = await ears.run([of(audio_url)], [source])

    (transcript,) = await ears.transcripts(outcome)
    assert (transcript.source, transcript.language) == ("faster-whisper script.json", "en")
    assert near(transcript, spoken) < 0.01
    first = transcript.segments[0]
    assert [word.text for word in first.words] == spoken.lines[0].text.split()
    assert first.words[-1].confidence == 0.9
    assert outcome.counters.cost_usd == 0
    assert json.loads(log.read_text()) == {
        "device": "auto",
        "compute": "int8",
        "root": str(ears.folder / "models"),
    }


@pytest.mark.usefixtures("library")
async def test_a_model_that_is_not_there_is_told_in_a_line(ears: Ears, audio_url: str) -> None:
    """In the library's words, folded."""
    outcome = await ears.run([of(audio_url)], [WhisperSource(model="/no/model")])

    (failure,) = outcome.report.manifest.failures
    assert "faster-whisper model: it failed: " in failure.error
    assert "RuntimeError: Unable to open file 'model.bin' in model '/no/model'" in failure.error
    assert failure.todo == "check `model` and `folder` of this source in the config"


@pytest.mark.skipif("faster_whisper" in sys.modules, reason="it is installed")
async def test_without_the_extra_nothing_is_fetched(ears: Ears, audio_url: str) -> None:
    """And the line names the extra."""
    outcome = await ears.run([of(audio_url)], [WhisperSource()])

    (failure,) = outcome.report.manifest.failures
    assert "faster-whisper is not installed" in failure.error
    assert failure.todo == "install the extra `whisper`: pip install 'inkwell-pipeline[whisper]'"
    assert not ears.audio.exists()


def test_the_stand_in_is_like_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the real one is installed (INKWELL_FASTER_WHISPER has its folder): every name that we use is there."""
    if not (folder := os.environ.get("INKWELL_FASTER_WHISPER")):
        pytest.skip("faster-whisper is not installed")
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("faster_whisper", None)
    real = import_module("faster_whisper")
    made = inspect.signature(real.WhisperModel.__init__).parameters
    asked = inspect.signature(real.WhisperModel.transcribe).parameters

    assert {"device", "compute_type", "download_root"} <= made.keys()
    assert {"audio", "language", "word_timestamps", "vad_filter", "condition_on_previous_text"} <= asked.keys()
