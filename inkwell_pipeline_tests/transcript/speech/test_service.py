"""A service behind an address: what it is sent, what is paid, and what becomes of its limits and faults."""

import os
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from inkwell_pipeline.costs import Budget
from inkwell_pipeline.source_settings import ServiceSource
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.speech_service import SpeechService
from inkwell_pipeline_tests.fakes.spoken import Spoken, required, sample_lines, speak
from inkwell_pipeline_tests.fakes.time import FakeTime
from inkwell_pipeline_tests.transcript.speech.ears import Ears, Outcome, command, near, of

PRICE = Decimal("0.006")


@pytest.fixture
def service(httpserver: HTTPServer, spoken: Spoken) -> SpeechService:
    return SpeechService(httpserver, spoken)


def source(service: SpeechService, **changes: Any) -> ServiceSource:
    return ServiceSource(**{"url": service.url, "model": "whisper-1", "usd_per_minute": PRICE, **changes})


def paid(outcome: Outcome) -> Decimal:
    return outcome.counters.cost_usd.quantize(Decimal("0.000001"))


async def test_its_words_their_times_and_what_they_cost(
    ears: Ears, spoken: Spoken, service: SpeechService, audio_url: str
) -> None:
    """One request; the ledger has it, and so has the service."""
    outcome = await ears.run([of(audio_url)], [source(service)])

    (transcript,) = await ears.transcripts(outcome)
    assert (transcript.source, transcript.language) == ("whisper-1", "english")
    assert [segment.text for segment in transcript.segments] == [line.text for line in spoken.lines]
    assert near(transcript, spoken) < 0.02
    assert transcript.segments[0].confidence == 0.819
    (sent,) = service.sent
    assert (sent.size_bytes, sent.name) == (spoken.path.stat().st_size, "0000000000000001.wav")
    assert sent.field("response_format") == "verbose_json"
    assert paid(outcome) == service.billed_usd.quantize(Decimal("0.000001")) > 0
    (row,) = (await ears.spent()).rows
    assert (row.model, row.template, row.cost_usd) == ("whisper-1", "speech to text", outcome.counters.cost_usd)
    assert row.audio_s == pytest.approx(spoken.length_s, abs=0.01)
    assert ears.left() == []


async def test_it_is_paid_once(ears: Ears, service: SpeechService, audio_host: AudioHost, audio_url: str) -> None:
    """The second run asks neither host nor service, and says what it has saved."""
    first = await ears.run([of(audio_url)], [source(service)])
    asked = len(audio_host.asked)
    again = await ears.run([of(audio_url)], [source(service)])

    assert len(service.sent) == 1
    assert len(audio_host.asked) == asked
    assert again.counters.saved_usd == first.counters.cost_usd
    assert again.counters.cost_usd == 0


async def test_without_a_price_the_cost_is_unknown(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """It is never 0; but 0 is, where the config says so."""
    outcome = await ears.run([of(audio_url)], [source(service, usd_per_minute=None)])
    own = await ears.run([of(audio_url)], [source(service, usd_per_minute=0, model="own")])

    assert outcome.counters.cost_usd == own.counters.cost_usd == 0
    assert (outcome.counters.unpriced_calls, own.counters.unpriced_calls) == (1, 0)
    assert [row.cost_usd for row in (await ears.spent()).rows] == [None, 0]


async def test_a_budget_refuses_what_it_cannot_pay(
    ears: Ears, service: SpeechService, audio_url: str, script: Path
) -> None:
    """Before anything is sent; the episode is left for a time when there is money, and another source may have it."""
    ears.budget = Budget(monthly_usd=Decimal("0.0001"))
    outcome = await ears.run([of(audio_url)], [source(service)])
    other = await ears.run([of(audio_url)], [source(service), command(script)])

    (failure,) = outcome.report.manifest.failures
    assert failure.reason == "budget"
    assert service.sent == []
    assert other.sources[0] is not None
    assert other.sources[0].startswith("command")


async def test_a_budget_refuses_what_has_no_price(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """Nobody could say whether it is kept."""
    ears.budget = Budget(monthly_usd=Decimal(100))
    outcome = await ears.run([of(audio_url)], [source(service, usd_per_minute=None)])

    (failure,) = outcome.report.manifest.failures
    assert "nobody knows what whisper-1 would cost, and there is a budget: nothing was sent" in failure.error
    assert service.sent == []


async def test_an_estimate_sends_nothing(ears: Ears, service: SpeechService, audio_host: AudioHost) -> None:
    """Minutes times the price, by what the feed says of the length."""
    with audio_host.serve() as url:
        episodes = [of(f"{url}/1.wav", 1, duration_s=600), of(f"{url}/2.wav", 2, duration_s=300)]
        outcome = await ears.run(episodes, [source(service)], estimate=True)

    assert sorted(one.most_usd or 0 for one in outcome.foreseen) == [PRICE * 5, PRICE * 10]
    assert outcome.report.manifest.is_estimate
    assert (service.sent, audio_host.asked) == ([], [])


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_passes_is_asked_again(
    ears: Ears, spoken: Spoken, service: SpeechService, audio_url: str, status: int
) -> None:
    """After the time that it asks for; what was refused costs nothing."""
    time = FakeTime()
    ears.clock, ears.sleep = time.now, time.sleep
    service.statuses, service.retry_after = [status, status], "7"
    outcome = await ears.run([of(audio_url)], [source(service)])

    assert outcome.errors == []
    assert min(time.waited_s[-2:]) >= 7
    assert [row.cost_usd for row in (await ears.spent()).rows] == [0, 0, outcome.counters.cost_usd]


async def test_less_is_asked_of_those_that_know_less(
    ears: Ears, spoken: Spoken, service: SpeechService, audio_url: str
) -> None:
    """Not every server knows of the times of words, or of times at all."""
    service.words = False
    outcome = await ears.run([of(audio_url)], [source(service)])
    service.knows = ("json",)
    plain = await ears.run([of(audio_url)], [source(service, model="plain")])

    (timed,), (untimed,) = await ears.transcripts(outcome), await ears.transcripts(plain)
    assert near(timed, spoken) < 0.02
    assert untimed.segments[0].start_s is None
    assert spoken.lines[-1].text in untimed.segments[0].text


@pytest.mark.parametrize(
    ("fault", "says", "todo"),
    [
        ({"key": "right"}, "the host answers 401: Incorrect API key provided", "OPENAI_API_KEY"),
        ({"body": b"<html>"}, "its answer cannot be read as a transcript", ""),
        ({"statuses": [404]}, "the host answers 404: busy", "check `url` and `model`"),
        ({"statuses": [413]}, "the host answers 413: busy", "lower `max_mb`"),
    ],
)
async def test_its_faults_are_the_episodes_failure(
    ears: Ears,
    service: SpeechService,
    audio_url: str,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    says: str,
    todo: str,
) -> None:
    """In its own words, with what to do, and never with the key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    vars(service).update(fault)
    outcome = await ears.run([of(audio_url)], [source(service)])

    (failure,) = outcome.report.manifest.failures
    assert says in failure.error
    assert todo in failure.todo
    assert "sk-wrong" not in f"{failure}"


async def test_a_key_goes_to_the_service_alone(
    ears: Ears, service: SpeechService, audio_host: AudioHost, audio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the variable that the config names; not to the podcast's host."""
    monkeypatch.setenv("MY_KEY", "sk-secret")
    service.key = "sk-secret"
    outcome = await ears.run([of(audio_url)], [source(service, key_env="MY_KEY")])

    assert outcome.errors == []
    assert all("authorization" not in request.headers for request in audio_host.asked)


async def test_a_key_that_is_not_set_costs_no_download(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """The name of the variable stands in the line."""
    outcome = await ears.run([of(audio_url)], [source(service, key_env="MY_KEY")])

    assert "the environment variable MY_KEY, with the key of http://" in outcome.errors[0]
    assert not ears.audio.exists()


async def test_a_service_that_hangs_is_ended_and_not_asked_again(
    ears: Ears, service: SpeechService, audio_url: str
) -> None:
    """It would take as long again, and may be paid for: nobody knows what it cost."""
    service.delay_s = 3
    outcome = await ears.run([of(audio_url)], [source(service, timeout_s=1)])

    assert "whisper-1: no whole answer within 1 s" in outcome.errors[0]
    assert [row.cost_usd for row in (await ears.spent()).rows] == [None]


async def test_no_service_at_all(ears: Ears, audio_url: str) -> None:
    """Nobody was reached: nothing was paid."""
    time = FakeTime()
    ears.clock, ears.sleep = time.now, time.sleep
    outcome = await ears.run(
        [of(audio_url)], [ServiceSource(url="http://127.0.0.1:9/v1", model="whisper-1", usd_per_minute=PRICE)]
    )

    assert "cannot be reached" in outcome.errors[0]
    assert [row.cost_usd for row in (await ears.spent()).rows] == [0] * 4


@pytest.fixture(scope="module")
def long_spoken(tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    """About two minutes."""
    return speak(sample_lines(45), tmp_path_factory.mktemp("long") / "long.wav")


async def test_what_is_too_long_is_cut_where_nobody_speaks(
    ears: Ears, httpserver: HTTPServer, long_spoken: Spoken
) -> None:
    """Every line comes once, and at its time in the whole."""
    required("ffmpeg")
    service = SpeechService(httpserver, long_spoken, most_bytes=300_000)
    with AudioHost(long_spoken.path.read_bytes(), media_type="audio/wav").serve() as url:
        outcome = await ears.run([of(f"{url}/long.wav")], [source(service, max_mb=0.25)])

    (transcript,) = await ears.transcripts(outcome)
    assert len(service.sent) >= 4
    assert max(sent.size_bytes for sent in service.sent) <= 0.25 * 1_048_576
    assert [segment.text for segment in transcript.segments] == [line.text for line in long_spoken.lines]
    assert near(transcript, long_spoken) < 0.5
    assert paid(outcome) == pytest.approx(PRICE * Decimal(str(long_spoken.length_s)) / 60, rel=Decimal("0.01"))
    assert ears.left() == []


async def test_pieces_that_are_paid_for_are_not_paid_again(
    ears: Ears, httpserver: HTTPServer, long_spoken: Spoken
) -> None:
    """A service that fails in the midst of an episode: the next run goes on from there."""
    required("ffmpeg")
    service = SpeechService(httpserver, long_spoken)
    one = source(service, max_mb=0.25)
    with AudioHost(long_spoken.path.read_bytes(), media_type="audio/wav").serve() as url:
        whole = len((await ears.run([of(f"{url}/1.wav")], [one])).report.manifest.records)
        pieces = len(service.sent)
        other = replace(ears, folder=ears.folder.parent / "other")
        other.folder.mkdir()
        service.sent.clear()
        service.refuses_after = 2
        broken = await other.run([of(f"{url}/1.wav")], [one])
        service.refuses_after = None
        again = await other.run([of(f"{url}/1.wav")], [one])

    assert whole == 1
    assert len(broken.errors) == 1
    assert again.errors == []
    heard = [sent for sent in service.sent if sent.length_s]
    assert len(heard) == pieces + 1  # the one that was refused
    assert again.counters.saved_usd > 0


async def test_without_ffmpeg_the_line_says_so(
    ears: Ears, httpserver: HTTPServer, long_spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is needed, and not where it is not."""
    monkeypatch.setenv("PATH", str(Path(os.__file__).parent))
    assert shutil.which("ffmpeg") is None
    service = SpeechService(httpserver, long_spoken)
    with AudioHost(long_spoken.path.read_bytes(), media_type="audio/wav").serve() as url:
        outcome = await ears.run([of(f"{url}/1.wav")], [source(service, max_mb=0.25)])
        small = await ears.run([of(f"{url}/1.wav")], [source(service)])

    (failure,) = outcome.report.manifest.failures
    assert "are more than the service takes (0.258 MB), and there is no ffmpeg to cut it" in failure.error
    assert "install ffmpeg" in failure.todo
    assert small.errors == []


async def test_what_is_no_audio_is_ffmpegs_to_tell(ears: Ears, service: SpeechService) -> None:
    """In its last words."""
    required("ffmpeg")
    with AudioHost(b"no audio at all, but bytes" * 20_000).serve() as url:
        outcome = await ears.run([of(f"{url}/1.mp3")], [source(service, max_mb=0.25)])

    assert "ffmpeg cannot read the audio: " in outcome.errors[0]
