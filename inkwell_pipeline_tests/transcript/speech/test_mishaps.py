"""What came of reading the code for mishaps: each was one, and cost somebody an answer, an hour, or a secret."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from inkwell_pipeline.costs import Budget
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline.source_settings import CommandSource, ServiceSource, SourceSettings
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.speech_service import SpeechService
from inkwell_pipeline_tests.fakes.spoken import Spoken, silence
from inkwell_pipeline_tests.fakes.time import FakeTime
from inkwell_pipeline_tests.installation import wait_until
from inkwell_pipeline_tests.transcript.speech.ears import Ears, command, of

PRICE = Decimal("0.006")
HELLO = {"segments": [{"start": 0, "end": 2, "text": "Hello there."}]}


@pytest.fixture
def service(httpserver: HTTPServer, spoken: Spoken) -> SpeechService:
    return SpeechService(httpserver, spoken)


def source(service: SpeechService, **changes: Any) -> ServiceSource:
    return ServiceSource(**{"url": service.url, "model": "whisper-1", "usd_per_minute": PRICE, **changes})


async def test_hours_of_work_are_not_swept_away(ears: Ears, script: Path, audio_url: str) -> None:
    """A second run finds the folder of the first one old, and its process at work."""
    slow = command(script, "--delay", "1.5", "--to", "beside", "--chatter")
    running = asyncio.ensure_future(ears.run([of(audio_url)], [slow]))
    work = ears.audio / "work"
    await asyncio.to_thread(wait_until, lambda: work.exists() and list(work.iterdir()) != [], "the folder")
    (folder,) = await asyncio.to_thread(lambda: list(work.iterdir()))
    os.utime(folder, (time.time() - 7200, time.time() - 7200))
    await ears.run([of(f"{audio_url}?2", 2)], [CommandSource(command="false {audio}")], run="run-2")

    assert (await running).errors == []


@pytest.mark.parametrize("answer", [{"text": "", "segments": []}, {"segments": [{"start": 0, "text": "[Music]"}]}])
async def test_silence_is_paid_for_once(
    ears: Ears, service: SpeechService, audio_url: str, answer: dict[str, Any]
) -> None:
    """It is no failure: nobody speaks, the note says so, and nobody else is asked."""
    service.body = json.dumps(answer).encode()
    sources: list[SourceSettings] = [source(service), CommandSource(command="false {audio}")]
    outcomes = [await ears.run([of(audio_url)], sources) for _ in range(3)]

    assert len(service.sent) == 1
    for outcome in outcomes:
        (one,) = outcome.report.manifest.records
        assert (outcome.errors, one.transcript) == ([], None)
        assert one.remark == "nobody speaks in it, as far as whisper-1 can hear"
    assert [outcome.counters.cache_hits for outcome in outcomes] == [0, 1, 1]


async def test_an_answer_that_is_there_is_kept_by_a_run_that_is_stopped(
    ears: Ears, service: SpeechService, audio_url: str
) -> None:
    """Whatever the moment, what has been answered is not asked for again."""
    for number in range(10):
        model = f"whisper-{number}"  # the same audio would be in the cache
        one = source(service, model=model)
        running = asyncio.ensure_future(ears.run([of(audio_url)], [one]))
        sent = len(service.sent)
        await asyncio.to_thread(_wait_for_more, service, sent)
        await asyncio.sleep(0.002 * number)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        rows = [row for row in (await ears.spent()).rows if row.model == model]
        await ears.run([of(audio_url)], [one])
        asked = [row for row in (await ears.spent()).rows if row.model == model]
        if rows[0].error is None:  # it was answered
            assert len(asked) == 1


def _wait_for_more(service: SpeechService, sent: int) -> None:
    wait_until(lambda: len(service.sent) > sent, "the request", every_s=0.001)


async def test_speakers_are_another_transcript(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """The same service, asked for what it was not asked for before."""
    service.knows = ("json", "diarized_json")
    one = source(service, model="gpt-4o-transcribe-diarize")
    plain = await ears.run([of(audio_url)], [one])
    diarized = await ears.run([of(audio_url)], [one], diarize=True)

    assert [sent.field("response_format") for sent in service.sent] == ["json", "diarized_json"]
    (without,), (told_apart,) = await ears.transcripts(plain), await ears.transcripts(diarized)
    assert {segment.speaker for segment in without.segments} == {None}
    assert {segment.speaker for segment in told_apart.segments} == {"Speaker A"}


async def test_who_is_told_apart_in_one_piece_is_nobody_of_another(
    ears: Ears, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """Each request begins with `A`."""
    service = SpeechService(httpserver, Spoken(tmp_path, (), 300), knows=("diarized_json",))
    service.body = json.dumps({"segments": [{"start": 0, "end": 2, "text": "Hello.", "speaker": "A"}]}).encode()
    one = source(service, model="my-diarize", piece_minutes=1)
    with AudioHost(silence(tmp_path / "a.wav", 150).read_bytes(), media_type="audio/wav").serve() as url:
        outcome = await ears.run([of(f"{url}/a.wav")], [one], diarize=True)

    (transcript,) = await ears.transcripts(outcome)
    assert [segment.speaker for segment in transcript.segments] == ["Speaker A", "Speaker A (2)", "Speaker A (3)"]


async def test_a_line_that_breaks_after_the_upload_may_be_paid_for(ears: Ears, audio_url: str) -> None:
    """Only where nobody was reached it is known that nothing was."""
    time = FakeTime()
    ears.clock, ears.sleep = time.now, time.sleep
    with _hanging_up() as url:
        await ears.run([of(audio_url)], [ServiceSource(url=url, model="broken", usd_per_minute=PRICE)])
    nobody = ServiceSource(url="http://127.0.0.1:9/v1", model="nobody", usd_per_minute=PRICE)
    await ears.run([of(audio_url)], [nobody])

    rows = (await ears.spent()).rows
    assert {row.cost_usd for row in rows if row.model == "nobody"} == {Decimal(0)}
    assert {row.cost_usd for row in rows if row.model == "broken"} == {None}


@contextmanager
def _hanging_up(answer: bytes = b"") -> Iterator[str]:
    """A service that reads what it is sent, says that, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(0.3)
                    with suppress(TimeoutError):
                        while connection.recv(1 << 20):
                            pass
                    connection.sendall(answer)

    threading.Thread(target=take, daemon=True).start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


async def test_no_secret_stands_in_an_error(
    ears: Ears, httpserver: HTTPServer, audio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that says a key back, and an address that holds one."""
    monkeypatch.setenv("MY_KEY", "sk-verysecret123")

    def echo(request: Request) -> Response:
        return Response(json.dumps({"error": f"unknown token {request.headers['Authorization']}"}), status=401)

    httpserver.expect_request("/v1/audio/transcriptions").respond_with_handler(echo)
    one = ServiceSource(url=httpserver.url_for("/v1?api-version=1"), model="m", key_env="MY_KEY")
    (error,) = (await ears.run([of(audio_url)], [one])).errors
    unset = one.model_copy(update={"key_env": "UNSET_KEY"})
    (other,) = (await ears.run([of(audio_url)], [unset])).errors

    assert "unknown token Bearer ***" in error
    assert "verysecret" not in error
    assert "api-version=1" not in other


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{url: 'https://user:hunter2@h.example/v1', model: m}", "must hold no user and password"),
        ("'https://user:hunter2@h.example/v1'", "must be `publisher`, `youtube`"),
        ("{endpoint: x, api_key: sk-hunter2}", "not 'endpoint', 'api_key'"),
    ],
)
def test_no_secret_stands_in_a_mistake(tmp_path: Path, entry: str, says: str) -> None:
    """The config's owner may show the line to others."""
    (tmp_path / "inkwell.yaml").write_text(f"transcribe: [{entry}]\nfeeds: {{a: {{url: f.xml}}}}\n")
    with pytest.raises(Exception, match=says) as caught:
        load_settings({}, folder=tmp_path)

    assert "hunter2" not in str(caught.value)


async def test_a_services_query_stays_at_the_end(ears: Ears, httpserver: HTTPServer, audio_url: str) -> None:
    """Some want a version there."""
    httpserver.expect_request("/v1/audio/transcriptions", query_string="api-version=1").respond_with_json(HELLO)
    outcome = await ears.run([of(audio_url)], [ServiceSource(url=httpserver.url_for("/v1?api-version=1"), model="m")])

    assert outcome.errors == []


async def test_a_status_counts_whatever_its_body_is_packed_in(
    ears: Ears, httpserver: HTTPServer, audio_url: str
) -> None:
    """It is busy, and is asked again."""
    time = FakeTime()
    ears.clock, ears.sleep = time.now, time.sleep
    answers = [Response(b"x", status=503, headers={"Content-Encoding": "zstd"}), Response(json.dumps(HELLO))]
    httpserver.expect_request("/v1/audio/transcriptions").respond_with_handler(lambda _: answers.pop(0))
    outcome = await ears.run([of(audio_url)], [ServiceSource(url=httpserver.url_for("/v1"), model="m")])

    assert outcome.errors == []


async def test_an_estimate_knows_what_is_too_long(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """It would not be transcribed, and costs nothing."""
    episode = of(audio_url, duration_s=36000)
    outcome = await ears.run([episode], [source(service)], estimate=True, max_minutes=10)

    assert outcome.foreseen == []


async def test_what_a_killed_run_has_left_goes_with_the_next(ears: Ears, script: Path, audio_url: str) -> None:
    """It had stored the transcript, and not yet let the audio go."""
    keeping = replace(ears, keep_audio=True)
    await keeping.run([of(audio_url)], [command(script)])
    assert ears.left() != []
    await ears.run([of(audio_url)], [command(script)])

    assert ears.left() == []


async def test_what_is_too_long_is_fetched_once(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str
) -> None:
    """Its length is known by then, and nothing of it stays."""
    for _ in range(3):
        await ears.run([of(audio_url)], [command(script)], max_minutes=0.1)

    assert len(audio_host.asked) == 1
    assert ears.left() == []


async def test_an_address_that_is_signed_anew_is_the_same(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str
) -> None:
    """Private feeds give each reader another one each time; where the feed says another length, it is another file."""
    for token in range(3):
        await ears.run([of(f"{audio_url}?token={token}", audio_bytes=1000)], [command(script)])
    assert len(audio_host.asked) == 1
    await ears.run([of(f"{audio_url}?token=4", audio_bytes=2000)], [command(script)])

    assert len(audio_host.asked) == 2


async def test_a_budget_waits_for_another_runs_hour(ears: Ears, service: SpeechService, audio_url: str) -> None:
    """What another process holds for a long request is settled when that ends, and not after ten minutes."""
    ears.budget = Budget(monthly_usd=Decimal(10))
    await ears.run([of(audio_url)], [source(service)])
    lines = "".join(path.read_text() for path in (ears.folder / "ledger").iterdir())
    (hold,) = [json.loads(line) for line in lines.splitlines() if '"hold"' in line]

    assert hold["longest_s"] >= 60 + 60


async def test_a_ledger_that_cannot_be_written_costs_no_answer(
    ears: Ears, service: SpeechService, audio_url: str
) -> None:
    """What is paid for is used; what comes after is not asked, since it could not be written down."""
    (ears.folder / "ledger").write_text("a file in its place")
    outcome = await ears.run([of(audio_url)], [source(service)])
    other = await ears.run([of(audio_url)], [source(service, model="other")])

    assert (outcome.errors, len(service.sent)) == ([], 2)
    assert other.errors == []


async def test_a_refusal_that_breaks_off_is_a_refusal(ears: Ears, audio_url: str) -> None:
    """The status has been read: the file is not sent again for it, and nothing was paid."""
    with _hanging_up(b"HTTP/1.1 413 Large\r\nContent-Length: 100\r\n\r\nto") as url:
        outcome = await ears.run([of(audio_url)], [ServiceSource(url=url, model="m", usd_per_minute=PRICE)])

    assert "the host answers 413" in outcome.errors[0]
    assert [row.cost_usd for row in (await ears.spent()).rows] == [0]


async def test_a_key_that_cannot_be_sent_costs_nothing(
    ears: Ears, service: SpeechService, audio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has pasted it with quotation marks."""
    monkeypatch.setenv("MY_KEY", "“sk-secret”")
    outcome = await ears.run([of(audio_url)], [source(service, key_env="MY_KEY")])

    assert "sk-secret" not in outcome.errors[0]
    assert service.sent == []
    assert {row.cost_usd for row in (await ears.spent()).rows} == {Decimal(0)}


async def test_another_run_at_the_same_episode_keeps_its_audio(
    ears: Ears, script: Path, audio_host: AudioHost, audio_url: str
) -> None:
    """A run that finds what another source has made lets nothing go of which one is at work."""
    await ears.run([of(audio_url)], [command(script)])
    slow = command(script, "--delay", "1")
    running = asyncio.ensure_future(ears.run([of(audio_url)], [slow]))
    await asyncio.to_thread(wait_until, lambda: ears.left() != [], "the audio")
    await ears.run([of(audio_url)], [command(script)], run="run-2")
    has = ears.left()

    assert has != []
    assert (await running).errors == []


def test_a_program_whose_warden_is_killed_with_the_run_ends_too() -> None:
    """The kernel takes what needs most memory, or somebody all processes of one name."""
    mark = f"6{uuid4().int % 10**8}"
    script = f"""
import asyncio
from pathlib import Path
from inkwell_pipeline.programs import Program, run_program
asyncio.run(run_program(Program(["sleep", "{mark}"], Path.cwd(), 60, 1000)))
"""
    run = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)

    def processes() -> list[int]:
        listed = subprocess.run(["ps", "-wweo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(maxsplit=2) for line in listed.splitlines()]
        return [int(row[0]) for row in rows if mark in row[2] and not row[1].startswith("Z") and int(row[0]) != run.pid]

    wait_until(lambda: len(processes()) == 2, "warden and program")
    warden = min(processes())
    run.kill()
    os.kill(warden, signal.SIGKILL)
    run.wait()
    wait_until(lambda: processes() == [], "the end of the program", at_most_s=20)
