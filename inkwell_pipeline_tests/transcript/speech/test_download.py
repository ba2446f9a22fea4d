"""A download is whole or not at all, goes on where it broke off, and leaves the loop to others."""

import asyncio
import hashlib
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.http import Http, open_http
from inkwell_pipeline.loop_meter import meter_loop
from inkwell_pipeline.transcript.speech.download import Downloaded, Wanted, download
from inkwell_pipeline_tests.fakes.audio_host import AudioHost
from inkwell_pipeline_tests.fakes.full_disk import small_disk
from inkwell_pipeline_tests.fakes.time import FakeTime
from inkwell_pipeline_tests.installation import wait_until

MEGABYTE = 1_000_000


def body_of(size: int, *, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


async def fetch(url: str, part: Path, http: Http, time: FakeTime, **changes: Any) -> Downloaded:
    asked = {"headers": {}, "max_bytes": 100 * MEGABYTE, "timeout_s": 600.0, **changes}
    wanted = Wanted(f"{url}/one.mp3", feed="rivers", episode="The gauge", **asked)
    return await download(wanted, part, http=http, clock=time.now, sleep=time.sleep)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_of(got: Downloaded, body: bytes, part: Path) -> bool:
    return part.read_bytes() == body and got.sha256 == hashlib.sha256(body).hexdigest() and got.size_bytes == len(body)


async def test_ten_breaks_cost_no_byte(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Each request asks for the rest, and nothing comes twice."""
    body = body_of(5 * MEGABYTE)
    host = AudioHost(body, breaks=[random.Random(n).randrange(1, 800_000) for n in range(10)])
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")
    assert len(host.asked) == 11
    assert host.sent == len(body)
    assert all(request.headers["if-range"] == '"one"' for request in host.asked[1:])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 300_000),
    breaks=st.lists(st.integers(0, 200_000), max_size=2),
    ranges=st.booleans(),
    etag=st.sampled_from(['"one"', 'W/"one"', None]),
    last_modified=st.sampled_from([None, "Wed, 28 Feb 2024 09:00:00 GMT"]),
)
async def test_whatever_the_host_knows_the_bytes_are_equal(
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    breaks: list[int],
    ranges: bool,
    etag: str | None,
    last_modified: str | None,
) -> None:
    """With ranges and without, with a validator, a weak one or none."""
    body, time = body_of(size), FakeTime()
    host = AudioHost(body, breaks=list(breaks), ranges=ranges, etag=etag, last_modified=last_modified)
    part = tmp_path_factory.mktemp("audio") / "part"
    with host.serve() as url:
        async with open_http(limit=2, allow_private_hosts=True, sleep=time.sleep, clock=time.now) as http:
            got = await fetch(url, part, http, time)

    assert is_of(got, body, part)


async def test_another_run_goes_on_from_there(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """What a run had when it was killed is asked for by nobody again."""
    body, part = body_of(3 * MEGABYTE), tmp_path / "part"
    host = AudioHost(body, stall_after=2 * MEGABYTE)
    with host.serve() as url:
        fetching = asyncio.ensure_future(fetch(url, part, http, time))
        await asyncio.to_thread(wait_until, lambda: part.exists() and part.stat().st_size >= MEGABYTE, "a megabyte")
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
        has = part.stat().st_size
        host.stall_after = None
        got = await fetch(url, part, http, time)

    assert is_of(got, body, part)
    assert has <= host.asked[-1].begins_at <= 2 * MEGABYTE


async def test_a_file_that_changes_is_begun_anew(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Half of one and half of another is neither: hosts put other advertisements in from day to day."""
    old, new = body_of(MEGABYTE), body_of(MEGABYTE + 5000, seed=2)
    host = AudioHost(old, breaks=[400_000], changes=new)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, new, tmp_path / "part")


async def test_the_rest_of_another_file_is_no_rest(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """A host that takes no notice of the condition sends it; its validator tells, where the length does not."""
    old, new = body_of(MEGABYTE), body_of(MEGABYTE, seed=2)
    host = AudioHost(old, breaks=[400_000], changes=new, heeds_condition=False)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, new, tmp_path / "part")


@pytest.mark.parametrize("says_length", [True, False])
async def test_a_total_that_nobody_says_makes_no_half_whole(
    tmp_path: Path, http: Http, time: FakeTime, says_length: bool
) -> None:
    """`bytes 400000-499999/*`: where the whole's length is known from before it counts, else all is asked for anew."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000, 100_000], says_length=says_length, says_total=False)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")


async def test_a_host_that_says_its_total_late_is_resumed(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """First it sends in chunks without a length, and then parts of a whole."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000, 100_000], says_length=False)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")


@pytest.mark.parametrize(
    "headers",
    [{"X-Title": "“Épisode”"}, {"ETag": '"café"'}, {"Content-Encoding": "aws-chunked"}, {"Content-Encoding": "none"}],
)
async def test_what_hosts_write_into_headers_costs_no_audio(
    tmp_path: Path, http: Http, time: FakeTime, headers: dict[str, str]
) -> None:
    """In UTF-8, which HTTP has not; or a coding that is none."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000], more_headers=headers, statuses=[503])
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")


async def test_a_refusal_that_passes_costs_nothing_of_what_is_there(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """A host's slip between two runs."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000])
    with host.serve() as url:
        host.statuses = []
        with pytest.raises(PermanentError):
            await _refused_after_a_break(host, url, tmp_path, http, time)
        has = (tmp_path / "part").stat().st_size
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")
    assert host.asked[-1].begins_at == has > 0


async def _refused_after_a_break(host: AudioHost, url: str, folder: Path, http: Http, time: FakeTime) -> None:
    async def sleep(seconds: float) -> None:
        host.statuses = [403]
        await time.sleep(seconds)

    wanted = Wanted(f"{url}/one.mp3", {}, "rivers", "The gauge", max_bytes=100 * MEGABYTE, timeout_s=600)
    await download(wanted, folder / "part", http=http, clock=time.now, sleep=sleep)


@pytest.mark.parametrize("last_modified", [None, "Wed, 28 Feb 2024 09:00:00 GMT"])
async def test_a_proxy_that_weakens_an_etag_sends_the_same_file(
    tmp_path: Path, http: Http, time: FakeTime, last_modified: str | None
) -> None:
    """Many do, and it is no other file for that."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000], last_modified=last_modified, weakens=True)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")
    assert len(host.asked) == 2


async def test_a_host_that_does_not_know_parts_is_asked_for_the_whole(
    tmp_path: Path, http: Http, time: FakeTime
) -> None:
    """What is there of it would else be asked for in vain, run after run."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000], knows_ranges=False)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")


async def test_beginning_again_and_again_is_no_progress(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """A host that breaks off at the same place each time, and cannot go on from there."""
    host = AudioHost(body_of(MEGABYTE), breaks=[400_000] * 1000, ranges=False)
    with host.serve() as url, pytest.raises(TransientError):
        await fetch(url, tmp_path / "part", http, time)

    assert len(host.asked) <= 5


async def test_a_part_that_is_taken_away_is_not_gone_on_from(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Half of the bytes with the digest of all would be a transcript of half, for good."""
    body, part = body_of(3 * MEGABYTE), tmp_path / "part"
    host = AudioHost(body, breaks=[2_200_000])

    async def sleep(seconds: float) -> None:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        await time.sleep(seconds)

    with host.serve() as url:
        wanted = Wanted(f"{url}/one.mp3", {}, "rivers", "The gauge", max_bytes=100 * MEGABYTE, timeout_s=600)
        got = await download(wanted, part, http=http, clock=time.now, sleep=sleep)

    assert is_of(got, body, part)


async def test_an_address_that_is_signed_anew_is_gone_on_from(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Private feeds' are, each time that they are read; the validator guards the bytes."""
    body, part = body_of(3 * MEGABYTE), tmp_path / "part"
    host = AudioHost(body, stall_after=2 * MEGABYTE)
    with host.serve() as url:
        wanted = Wanted(f"{url}/one.mp3?token=1", {}, "rivers", "The gauge", max_bytes=10**9, timeout_s=600)
        fetching = asyncio.ensure_future(download(wanted, part, http=http, clock=time.now, sleep=time.sleep))
        await asyncio.to_thread(wait_until, lambda: part.exists() and part.stat().st_size >= MEGABYTE, "a megabyte")
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
        host.stall_after = None
        signed = replace(wanted, url=f"{url}/one.mp3?token=2")
        got = await download(signed, part, http=http, clock=time.now, sleep=time.sleep)

    assert is_of(got, body, part)
    assert host.asked[-1].begins_at >= MEGABYTE


async def test_a_wrong_range_is_not_believed(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """A host that sends another part than it says, or was asked for, gets to send the whole."""
    body = body_of(MEGABYTE)
    host = AudioHost(body, breaks=[400_000], wrong_range=True)
    with host.serve() as url:
        got = await fetch(url, tmp_path / "part", http, time)

    assert is_of(got, body, tmp_path / "part")


async def test_a_host_that_sends_nothing_is_given_up(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Breaks without a byte between them are failures, and three are enough for a run."""
    host = AudioHost(body_of(MEGABYTE), breaks=[0] * 50)
    with host.serve() as url, pytest.raises(TransientError, match=r"feed rivers, episode The gauge: .* \[http://127"):
        await fetch(url, tmp_path / "part", http, time)

    assert len(host.asked) == 3


@pytest.mark.parametrize(
    ("faults", "error", "says"),
    [
        ({"media_type": "text/html; charset=utf-8"}, PermanentError, "the host sends text/html where the audio should"),
        ({"media_type": "application/json"}, PermanentError, "application/json"),
        ({"statuses": [404]}, PermanentError, "the host answers 404"),
        ({"statuses": [503] * 9}, TransientError, "the host answers 503"),
        ({"body": b""}, TransientError, "an empty file"),
    ],
)
async def test_what_is_no_audio_is_told_in_a_line(
    tmp_path: Path, http: Http, time: FakeTime, faults: dict[str, Any], error: type[Exception], says: str
) -> None:
    """And nothing is left behind that a later run could take for a part of it."""
    host = AudioHost(**{"body": b"x" * 1000, **faults})
    with host.serve() as url, pytest.raises(error, match=says):
        await fetch(url, tmp_path / "part", http, time)

    assert not (tmp_path / "part").exists() or (tmp_path / "part").read_bytes() == b""


@pytest.mark.parametrize("says_length", [True, False])
async def test_what_is_too_large_is_not_kept(tmp_path: Path, http: Http, time: FakeTime, says_length: bool) -> None:
    """Also where the host does not say how much there is: then no more than the limit is taken in."""
    host = AudioHost(body_of(5 * MEGABYTE), says_length=says_length)
    with host.serve() as url, pytest.raises(PermanentError, match=r"larger than 2 MB") as caught:
        await fetch(url, tmp_path / "part", http, time, max_bytes=2 * MEGABYTE)

    assert caught.value.todo == "raise `audio: {max_mb}` in the config, if you want it"
    assert left_in(tmp_path) == []


async def test_a_poor_line_has_its_time_and_no_more(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Breaks with progress are no failures, but they end with the time limit; what has come stays for the next run."""
    host = AudioHost(body_of(MEGABYTE), breaks=[1000] * 500)
    with host.serve() as url, pytest.raises(TransientError, match=r"not whole within 1 minutes") as caught:
        await fetch(url, tmp_path / "part", http, time, timeout_s=60)

    assert "it goes on from there" in (caught.value.todo or "")
    assert (tmp_path / "part").stat().st_size == host.sent > 10_000


async def test_a_full_disk_is_a_clear_error(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """The host is not asked again for what cannot be kept, and the part makes room for others."""
    with small_disk(tmp_path, megabytes=3) as disk, AudioHost(body_of(9 * MEGABYTE), says_length=False).serve() as url:
        with pytest.raises(TransientError, match=r"No space left on device") as caught:
            await fetch(url, disk / "part", http, time)
        assert not (disk / "part").exists()

    assert "make room on that disk" in (caught.value.todo or "")


async def test_room_is_looked_for_before_the_disk_is_full(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Where the host says how much there is, the line says it, too."""
    told = pytest.raises(PermanentError, match=r"the audio is 9 MB, and the disk of .* has \d MB left")
    with small_disk(tmp_path, megabytes=3) as disk, AudioHost(body_of(9 * MEGABYTE)).serve() as url, told:
        await fetch(url, disk / "part", http, time)


async def test_the_loop_is_free_meanwhile(tmp_path: Path, http: Http, time: FakeTime) -> None:
    """Tens of megabytes, and no turn of the loop waits for the disk or the digest."""
    body = body_of(40 * MEGABYTE)
    with AudioHost(body).serve() as url:
        await fetch(url, tmp_path / "first", http, time)  # what is imported by then is not the download's
        with meter_loop() as meter:
            got = await fetch(url, tmp_path / "part", http, time)

    assert got.size_bytes == len(body)
    assert meter.blocked_s < 0.5  # of more than a second of work; a disk on the loop would be all of it
