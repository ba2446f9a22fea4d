"""Asking without an error for every status: what a reply says, where a feed has moved, and how patient we are."""

import asyncio
import socket
from collections.abc import Mapping
from importlib.metadata import version

import pytest

from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.http import Http, Reply, reply_error
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.raw_host import host_that_says, said, serving
from inkwell_pipeline_tests.fakes.time import FakeTime

NO_BODY = [201, 206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 503]


async def ask(http: Http, url: str, *, headers: Mapping[str, str] | None = None, patient: bool = False) -> Reply:
    async with asyncio.timeout(60):
        return await http.ask(url, max_bytes=100_000, headers=headers, feed="rivers", patient=patient)


async def test_a_feed_comes_with_what_the_next_request_needs(host: PodcastHost, http: Http) -> None:
    """Its validators, how long it may be kept, and its type; not the host's other headers."""
    url = host.publish("/feed.xml", b"<rss/>", "Application/RSS+XML; charset=utf-8")
    host.headers["/feed.xml"] = {"Cache-Control": "max-age=600", "Age": "7", "X-Powered-By": "steam"}
    host.etags["/feed.xml"] = '"v1"'

    headers = {"etag": '"v1"', "cache-control": "max-age=600", "age": "7"}
    headers["content-type"] = "Application/RSS+XML; charset=utf-8"
    assert await ask(http, url) == Reply(200, b"<rss/>", url, headers, moved_to=None)


async def test_what_has_not_changed_is_an_answer(host: PodcastHost, http: Http) -> None:
    """304: there is no body, and the validator is the one to keep."""
    url = host.publish("/feed.xml", b"<rss/>")
    host.etags["/feed.xml"] = 'W/"v1"'

    reply = await ask(http, url, headers={"If-None-Match": 'W/"v1"'}, patient=True)

    assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", 'W/"v1"')


@pytest.mark.parametrize("status", NO_BODY)
async def test_any_status_is_an_answer_without_a_body(http: Http, status: int) -> None:
    """What a feed's state makes of it is no matter of the network; a page about an error is no feed."""
    async with host_that_says(said(b"<html>sorry", "Retry-After: 3600", status=f"{status} Sorry")) as url:
        assert await ask(http, url, patient=True) == Reply(status, b"", url, {"retry-after": "3600"}, moved_to=None)


async def test_an_endless_page_about_an_error_is_not_waited_for(http: Http) -> None:
    """Nor one behind a redirect: only the body of a feed is read."""
    hung_up = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        first = b"302 Found\r\nLocation: /gone" if path != b"/gone" else b"410 Gone"
        writer.write(b"HTTP/1.1 " + first + b"\r\nContent-Length: 1000000\r\n\r\nsorry")
        await reader.read()  # until the other side hangs up
        writer.close()
        if path == b"/gone":
            hung_up.set()

    async with serving(converse) as url:
        assert (await ask(http, url)).status == 410
        async with asyncio.timeout(60):
            await hung_up.wait()


@pytest.mark.parametrize(
    ("chain", "moved"),
    [
        ([], None),
        ([301], 1),
        ([308], 1),
        ([302], None),
        ([303], None),
        ([307], None),
        ([301, 301], 2),
        ([301, 308, 301], 3),
        ([301, 302], 1),
        ([308, 307, 301], 1),
        ([301, 308, 303, 308], 2),
        ([302, 301], None),
        ([307, 308], None),
    ],
)
@pytest.mark.parametrize("status", [200, 304, 404])
async def test_a_feed_has_moved_as_far_as_it_is_said_to_be_for_good(
    host: PodcastHost, http: Http, chain: list[int], moved: int | None, status: int
) -> None:
    """RFC 9110, section 15.4: behind a redirect for now everything is for now. Whatever the last one answers."""
    for number, redirect in enumerate(chain):
        host.redirects[f"/{number}"], host.redirect_statuses[f"/{number}"] = f"/{number + 1}", redirect
    last = f"/{len(chain)}"
    host.publish(last, b"<rss/>")
    if status != 200:
        host.statuses[last] = status

    reply = await ask(http, host.url("/0"))

    assert (reply.status, reply.url) == (status, host.url(last))
    assert reply.moved_to == (None if moved is None else host.url(f"/{moved}"))


async def test_a_feed_moves_with_its_password(host: PodcastHost, http: Http) -> None:
    """Hosts name the new address without it; the next request would get a 401. Another host is not told."""
    there = f"http://ada:hunter2@localhost:{host.server.port}"
    host.publish("/new", b"<rss/>")
    elsewhere = host.url("/new").replace("localhost", "127.0.0.1")
    host.redirects |= {"/1": host.url("/new"), "/2": elsewhere}

    assert (await ask(http, f"{there}/1")).moved_to == f"{there}/new"
    assert host.authorizations["/new"] is not None
    assert (await ask(http, f"{there}/2")).moved_to == elsewhere
    assert host.authorizations["/new"] is None


async def test_a_redirect_to_the_same_address_is_no_move(http: Http) -> None:
    """Hosts that set a cookie first do so. It is forgotten afterwards: two feeds may have accounts at the same host."""
    cookies: list[str | None] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        cookie = next((line for line in lines if line.lower().startswith("cookie:")), None)
        cookies.append(cookie)
        redirect = said(b"", "Location: /feed.xml", "Set-Cookie: seen=1; Path=/", status="301 Moved")
        writer.write(said(b"<rss/>") if cookie else redirect)
        writer.close()

    async with serving(converse) as url:
        for _ in range(2):
            reply = await ask(http, url)
            assert (reply.status, reply.url, reply.moved_to) == (200, url, None)

    assert cookies == [None, "Cookie: seen=1", None, "Cookie: seen=1"]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (['ETag: W/"x"'], {"etag": 'W/"x"'}),
        (['eTaG:   "a b,c"  '], {"etag": '"a b,c"'}),
        (["ETag: no quotes"], {"etag": "no quotes"}),
        (['ETag: ""'], {"etag": '""'}),
        (["ETag:"], {"etag": ""}),
        (['ETag: "ä"'], {"etag": '"ä"'}),
        (["Last-Modified: yesterday"], {"last-modified": "yesterday"}),
        (["Retry-After: 7"], {"retry-after": "7"}),
        (["Cache-Control: no-cache", "Cache-Control: max-age=60"], {"cache-control": "no-cache, max-age=60"}),
        (["Expires: 0", "Set-Cookie: a=b", "Server: steam"], {}),
    ],
)
async def test_headers_are_kept_verbatim(http: Http, lines: list[str], kept: dict[str, str]) -> None:
    """A validator is the host's own, and is given back as it came; odd ones are the hosts' that need it most."""
    async with host_that_says(said(b"<rss/>", *lines)) as url:
        assert (await ask(http, url)).headers == kept


@pytest.mark.parametrize("validator", [b'W/"x"', b"no quotes", b'"\xe4"', '"ä"'.encode(), b'"\xff\xfe"'])
async def test_a_validator_goes_back_byte_for_byte(http: Http, validator: bytes) -> None:
    """Also where it is not ASCII: to a host it is the same only with the same bytes."""
    sent: list[bytes] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        sent.extend(line for line in lines if line.lower().startswith((b"if-none-match:", b"if-modified-since:")))
        writer.write(b"HTTP/1.1 304 Same\r\nConnection: close\r\nETag: " + validator + b"\r\n\r\n")
        writer.close()

    async with serving(converse) as url:
        etag = (await ask(http, url)).headers["etag"]
        await ask(http, url, headers={"If-None-Match": etag, "If-Modified-Since": etag})

    assert sorted(sent) == [b"If-Modified-Since: " + validator, b"If-None-Match: " + validator]


async def test_hosts_are_told_who_asks(host: PodcastHost, http: Http) -> None:
    """So that somebody who looks into a log knows whom to write to, or what to allow."""
    await ask(http, host.publish("/feed.xml", b"<rss/>"))

    agent = f"inkwell-pipeline/{version('inkwell-pipeline')} (podcast notes for Obsidian)"
    assert host.requested["/feed.xml"]["User-Agent"] == agent


async def test_the_patient_ask_again_what_may_pass(host: PodcastHost, http: Http, time: FakeTime) -> None:
    """A run, which comes once a day."""
    url = host.publish("/feed.xml", b"<rss/>")
    host.passing["/feed.xml"], host.retry_after["/feed.xml"] = [503, 429], "7"

    assert (await ask(http, url, patient=True)).body == b"<rss/>"
    assert time.waited_s == [7.0, 7.0]


async def test_the_patient_give_up_with_the_last_answer(host: PodcastHost, http: Http, time: FakeTime) -> None:
    """Three requests, and the feed's state has a status to go by."""
    host.passing["/feed.xml"], host.statuses["/feed.xml"] = [500, 502], 503

    assert (await ask(http, host.url("/feed.xml"), patient=True)).status == 503
    assert (len(host.asked), len(time.waited_s)) == (3, 2)


async def test_the_patient_do_not_sit_out_an_hour(host: PodcastHost, http: Http, time: FakeTime) -> None:
    """What the host asks for is in the reply, for those who come later."""
    host.statuses["/feed.xml"], host.retry_after["/feed.xml"] = 429, "3600"

    reply = await ask(http, host.url("/feed.xml"), patient=True)

    assert (reply.status, reply.headers["retry-after"], host.asked, time.waited_s) == (429, "3600", ["/feed.xml"], [])


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_the_impatient_ask_once(host: PodcastHost, http: Http, time: FakeTime, status: int) -> None:
    """A sensor, which comes again by itself, and has a minute."""
    host.redirects["/old.xml"], host.statuses["/feed.xml"] = "/feed.xml", status

    assert (await ask(http, host.url("/old.xml"))).status == status
    assert (host.asked, time.waited_s) == (["/old.xml", "/feed.xml"], [])


@pytest.mark.parametrize(("patient", "waits"), [(True, 2), (False, 0)])
async def test_without_an_answer_there_is_an_error(http: Http, time: FakeTime, patient: bool, waits: int) -> None:
    """A host that cannot be reached has said nothing; the line names the feed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(TransientError, match=r"^feed rivers: the host cannot be reached"):
        await ask(http, f"http://127.0.0.1:{port}/feed.xml", patient=patient)

    assert len(time.waited_s) == waits


@pytest.mark.parametrize("status", [s for s in NO_BODY if s != 304])
async def test_a_reply_makes_the_error_that_get_raises(
    host: PodcastHost, http: Http, time: FakeTime, status: int
) -> None:
    """One line for one failure, whichever way it came about."""
    host.statuses["/feed.xml"], host.retry_after["/feed.xml"] = status, "3600"
    url = host.url("/feed.xml")

    with pytest.raises(InkwellError) as raised:
        await http.get(url, max_bytes=100)
    made = reply_error(await ask(http, url), now=time.now()).at(feed=None, episode=None, url=url)

    assert type(made) is type(raised.value)
    assert vars(made) == vars(raised.value)
