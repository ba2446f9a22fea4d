"""When a failed request is asked again: the rules by themselves, and what a host sees of them."""

import asyncio
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.http import Answer, Http, open_http
from inkwell_pipeline.retry import ATTEMPTS, LONGEST_WAIT_S, TOTAL_S, GiveUp, Wait, asked_to_wait_s, decide, patience
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.time import FakeTime

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
CHANCES = st.floats(0, 1)
SECONDS = st.floats(0, 1e6)


@given(attempts=st.integers(1, 10), elapsed_s=SECONDS, asked_s=st.none() | SECONDS, chance=CHANCES)
def test_a_retry_is_bounded_and_never_too_early(
    attempts: int, elapsed_s: float, asked_s: float | None, chance: float
) -> None:
    """In number, in each wait, in all; and a host that asks for time gets it, or is left alone."""
    match decide(attempts=attempts, elapsed_s=elapsed_s, asked_s=asked_s, chance=chance):
        case Wait(seconds):
            assert attempts < ATTEMPTS
            assert (asked_s or 0) <= seconds <= LONGEST_WAIT_S
            assert elapsed_s + seconds <= TOTAL_S
        case GiveUp():
            assert attempts >= ATTEMPTS or elapsed_s > TOTAL_S - LONGEST_WAIT_S or (asked_s or 0) > LONGEST_WAIT_S


@given(chance=CHANCES)
def test_each_wait_is_about_twice_the_one_before(chance: float) -> None:
    """A busy host gets more time each time; chance keeps many of us from coming back at once."""
    first, second = (decide(attempts=number, elapsed_s=0, asked_s=None, chance=chance) for number in (1, 2))

    assert first == Wait(0.5 + chance)
    assert second == Wait(2 * (0.5 + chance))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 01 Apr 2024 12:00:25 GMT", 25.0),
        ("Monday, 01-Apr-24 12:00:25 GMT", 25.0),
        ("Mon Apr  1 12:00:25 2024", 25.0),
        ("Mon, 01 Apr 2024 11:00:00 GMT", 0.0),
        ("Mon, 01 Apr 2024 14:00:25 +0200", 25.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("9" * 100, None),
        ("Mon, 99 Apr 2024 99:00:25 GMT", None),
    ],
)
def test_what_a_host_asks_for(header: str | None, seconds: float | None) -> None:
    """RFC 9110, 10.2.3: seconds, or a date in any of its three forms; what is neither asks for nothing."""
    assert asked_to_wait_s(header, now=NOON) == seconds


@given(st.text(max_size=80) | st.dates().map(str) | st.integers().map(str))
def test_no_header_breaks_it(header: str) -> None:
    """Hosts write anything there."""
    asked_s = asked_to_wait_s(header, now=NOON)
    assert asked_s is None or asked_s >= 0
    assert "\n" not in patience(asked_s, now=NOON)


@pytest.mark.parametrize(
    ("asked_s", "says"),
    [
        (None, ""),
        (LONGEST_WAIT_S, ""),
        (3600.0, ", and asks to wait until 13:00 UTC"),
        (86400.0, ", and asks to wait until 2024-04-02 12:00 UTC"),
        (999999999999.0, ", and asks to wait for longer than anybody can"),
    ],
)
def test_a_long_wait_is_told_as_a_moment(asked_s: float | None, says: str) -> None:
    """What a person can plan with; and no day where it is today."""
    assert patience(asked_s, now=NOON) == says


async def ask(http: Http, url: str) -> Answer:
    async with asyncio.timeout(60):
        return await http.get(url, max_bytes=1000, feed="rivers", episode="The gauge")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_busy_host_is_asked_again(host: PodcastHost, http: Http, time: FakeTime, status: int) -> None:
    """Most trouble is over in a second or two: the episode does not have to wait for the next run."""
    url = host.publish("/feed.xml", b"<rss/>")
    host.passing["/feed.xml"] = [status, status]

    assert (await ask(http, url)).body == b"<rss/>"

    assert host.asked == ["/feed.xml"] * 3
    first_s, second_s = time.waited_s
    assert 0.5 <= first_s <= 1.5
    assert second_s == 2 * first_s


async def test_after_the_last_attempt_the_error_is_the_last_one(host: PodcastHost, http: Http, time: FakeTime) -> None:
    """With its place and words, not tenacity's."""
    host.passing["/feed.xml"] = [500, 502]
    host.statuses["/feed.xml"] = 503

    with pytest.raises(TransientError, match=r"^feed rivers, episode The gauge: the host answers 503 \["):
        await ask(http, host.url("/feed.xml"))

    assert len(host.asked) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501])
async def test_what_is_permanent_is_asked_once(host: PodcastHost, http: Http, time: FakeTime, status: int) -> None:
    """Asking again for what is gone costs hosts and users alike."""
    host.statuses["/feed.xml"] = status

    with pytest.raises(PermanentError):
        await ask(http, host.url("/feed.xml"))

    assert host.asked == ["/feed.xml"]
    assert not time.waited_s


@pytest.mark.parametrize("header", ["7", "Mon, 01 Apr 2024 12:00:07 GMT"])
async def test_a_host_that_asks_for_time_gets_it(host: PodcastHost, http: Http, time: FakeTime, header: str) -> None:
    """Whichever way it says so."""
    url = host.publish("/feed.xml", b"<rss/>")
    host.passing["/feed.xml"], host.retry_after["/feed.xml"] = [429], header

    await ask(http, url)

    assert time.waited_s == [7.0]


@pytest.mark.parametrize("header", ["3600", "Mon, 01 Apr 2024 13:00:00 GMT"])
async def test_a_host_that_asks_for_an_hour_is_left_alone(
    host: PodcastHost, http: Http, time: FakeTime, header: str
) -> None:
    """A run does not sit there for it; the line says from when on it is worth another."""
    host.statuses["/feed.xml"], host.retry_after["/feed.xml"] = 503, header

    with pytest.raises(TransientError, match="the host answers 503, and asks to wait until 13:00 UTC") as caught:
        await ask(http, host.url("/feed.xml"))

    assert (caught.value.retry_after_s, caught.value.todo) == (3600.0, "run again then")
    assert len(host.asked) == 1
    assert not time.waited_s


async def test_no_attempt_begins_late(host: PodcastHost, http: Http, time: FakeTime) -> None:
    """A host that answers after a minute, each time with an error, gets two requests, not three of them."""
    host.statuses["/feed.xml"] = 503
    slow = time.sleep

    async def a_minute_later(seconds: float) -> None:
        await slow(seconds)
        time.moment += timedelta(seconds=TOTAL_S)

    async with open_http(limit=1, allow_private_hosts=True, sleep=a_minute_later, clock=time.now) as patient:
        with pytest.raises(TransientError):
            await ask(patient, host.url("/feed.xml"))

    assert len(host.asked) == 2


async def test_each_retry_is_a_line_with_feed_episode_and_host(
    host: PodcastHost, http: Http, log_lines: SimpleQueue[logging.LogRecord]
) -> None:
    """Somebody who watches a run sees why it waits."""
    url = host.publish("/feed.xml", b"<rss/>")
    host.passing["/feed.xml"], host.retry_after["/feed.xml"] = [503], "4"

    await ask(http, url + "?token=s3cr3t")

    line = log_lines.get_nowait().getMessage()
    assert line == (
        f"feed rivers, episode The gauge: the host answers 503 [{url}?…]; asking again in 4.0 s, attempt 2 of 3"
    )


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A host's TLS with a certificate that it has signed itself."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("there is no openssl to make a certificate with")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run([*made, "-keyout", key, "-out", certificate], capture_output=True, check=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_is_not_accepted_is_permanent(tls: ssl.SSLContext, http: Http, time: FakeTime) -> None:
    """It is as wrong a second later; the line says what is wrong with it."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(PermanentError, match="certificate is not accepted: self-signed certificate"):
            await ask(http, f"https://127.0.0.1:{port}/feed.xml")

    assert not time.waited_s


@pytest.fixture
async def waiting() -> AsyncIterator[tuple[Http, asyncio.Event]]:
    """A way out whose waits never end, and the event that one has begun."""
    begun = asyncio.Event()

    async def forever(_: float) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with open_http(limit=1, allow_private_hosts=True, sleep=forever) as http:
        yield http, begun


async def test_a_wait_ends_at_once_when_the_run_is_stopped(
    host: PodcastHost, waiting: tuple[Http, asyncio.Event]
) -> None:
    """Ctrl-C does not sit out a host's half minute, and asks for nothing more."""
    http, begun = waiting
    host.statuses["/feed.xml"] = 503
    asking = asyncio.create_task(ask(http, host.url("/feed.xml")))
    async with asyncio.timeout(30):
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    assert host.asked == ["/feed.xml"]
