"""The way out to the network: what is taken in, and what a failure is called.

Whom we ask: `test_http_hosts.py`, how many at once: `test_http_places.py`, answers that are no failures:
`test_http_ask.py`, what is a body: `test_bodies.py`.
"""

import asyncio
import socket
import subprocess
import sys

import pytest

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.http import MAX_REDIRECTS, Answer, Http, open_http
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.raw_host import host_that_says

RETRY = {408, 425, 429, 500, 502, 503, 504}
NEVER = {201, 204, 206, 304, 400, 401, 402, 403, 404, 405, 406, 409, 410, 451, 501, 505}


async def get(http: Http, url: str, *, max_bytes: int = 100_000) -> Answer:
    async with asyncio.timeout(60):
        return await http.get(url, max_bytes=max_bytes, feed="rivers", episode="The gauge")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def test_a_body_comes_with_its_address_and_media_type(host: PodcastHost, http: Http) -> None:
    """The address is where the body lay at last, the media type in lower case and without parameters."""
    there = host.publish("/new/1.vtt", b"WEBVTT", "Text/VTT; charset=utf-8")
    host.redirects["/1.vtt"] = "/new/1.vtt"

    assert await get(http, host.url("/1.vtt")) == Answer(b"WEBVTT", there, "text/vtt")


async def test_redirects_without_an_end_are_given_up(host: PodcastHost, http: Http) -> None:
    """After ten, for good: the host will not mend that within a retry."""
    host.redirects |= {"/a": "/b", "/b": "/a"}

    with pytest.raises(PermanentError, match=f"more than {MAX_REDIRECTS} redirects"):
        await get(http, host.url("/a"))

    assert len(host.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("url", ["ftp://example.com/feed.xml", "file:///etc/passwd", "/feed.xml", "http://", ""])
async def test_other_schemes_are_not_asked_for(url: str, allowed: bool) -> None:
    """Only http and https; a feed cannot have a file of the machine read."""
    async with open_http(limit=1, allow_private_hosts=allowed) as http:
        with pytest.raises(PermanentError, match="UnsupportedProtocol"):
            await get(http, url)


async def test_a_redirect_cannot_lead_to_a_file(host: PodcastHost, http: Http) -> None:
    """Nor may a host on the way."""
    host.redirects["/feed.xml"] = "file:///etc/passwd"

    with pytest.raises(PermanentError, match="UnsupportedProtocol"):
        await get(http, host.url("/feed.xml"))


@pytest.mark.parametrize("status", sorted(RETRY | NEVER))
async def test_a_status_is_worth_a_retry_or_never(host: PodcastHost, http: Http, status: int) -> None:
    """RFC 9110, section 15: busy hosts recover; what is gone, forbidden or no whole answer is not asked for again."""
    host.statuses["/feed.xml"] = status

    with pytest.raises(InkwellError, match=f"^feed rivers, episode The gauge: the host answers {status} ") as caught:
        await get(http, host.url("/feed.xml"))

    assert type(caught.value) is (TransientError if status in RETRY else PermanentError)


async def test_a_refused_connection_is_worth_a_retry(http: Http) -> None:
    """The host is being restarted, or the user's network is."""
    url = f"http://127.0.0.1:{unused_port()}/feed.xml"

    with pytest.raises(TransientError, match=rf"^feed rivers, episode The gauge: .*ConnectError\) \[{url}\]$"):
        await get(http, url)


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    "url", ["http://[bad/", "http://h:port/", "http://h:99999/", "http://xn--a/", "http://\ud800/"]
)
async def test_what_is_no_address_is_an_error_of_ours(url: str, allowed: bool) -> None:
    """Feeds hold such addresses; one of them is that episode's failure, not the run's."""
    async with open_http(limit=1, allow_private_hosts=allowed) as http:
        with pytest.raises(PermanentError, match=r"^feed rivers, episode The gauge: cannot be asked for"):
            await get(http, url)


@pytest.mark.parametrize("target", ["http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://[bad/", "http://h:x/"])
async def test_a_redirect_to_what_is_no_address_is_an_error_of_ours(target: str, http: Http) -> None:
    """One episode's host may send us anywhere: that episode fails, not the run."""
    answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()

    async with host_that_says(answer) as url:
        with pytest.raises(InkwellError):
            await get(http, url)


IMPORTS_OF_REQUESTS = """
import asyncio, sys, threading
from inkwell_pipeline.http import open_http

class Finder:
    def find_spec(self, name, *_):
        if threading.current_thread() is threading.main_thread():
            print(name)

async def main():
    async with open_http(limit=2, allow_private_hosts=True) as http:
        for patient in (False, True):
            await http.ask(sys.argv[1], max_bytes=100, patient=patient)
            await http.get(sys.argv[1], max_bytes=100)

sys.meta_path.insert(0, Finder())
asyncio.run(main())
"""


def test_no_request_imports_anything_on_the_loop(host: PodcastHost) -> None:
    """In a process of its own, where nothing has been imported before. A look for what is missing counts, too."""
    url = host.publish("/1.vtt", b"WEBVTT", "text/vtt")

    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_OF_REQUESTS, url], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == ""
