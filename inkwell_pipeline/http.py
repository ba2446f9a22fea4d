"""The one way out to the network: GET with limits, POST to a service of the user's, and errors that are ours.

Belongs here: the shared client, how many requests go to one host at once, limits of time and of redirects. Does not:
what a reply is (`replies.py`), its body (`bodies.py`), the map from httpx's exceptions (`http_errors.py`), which hosts
may be asked (`hosts.py`), asking again (`attempts.py`, `retry.py`).
httpx is imported in a thread before the first request, since import and client hold a loop for 0.2 s.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from inkwell_pipeline.attempts import Sleep, ask_again
from inkwell_pipeline.bodies import ACCEPT_ENCODING, read_body
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.credentials import auth_header
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.hosts import (
    check_address,
    refuse_no_address,
    refuse_private_host,
    refuse_private_peer,
    same_host,
    without_secrets,
)
from inkwell_pipeline.http_errors import httpx_errors
from inkwell_pipeline.imports import hidden
from inkwell_pipeline.replies import (
    TRANSIENT_STATUSES,
    Reply,
    joined_headers,
    kept_headers,
    moved_for_good,
    reply_error,
    sent_headers,
)
from inkwell_pipeline.threads import in_thread

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Answer",
    "Http",
    "Opened",
    "Reply",
    "Sleep",
    "auth_header",
    "open_http",
    "reply_error",
    "same_host",
    "without_secrets",
]

MAX_REDIRECTS = 10
CONNECT_S, READ_S, WHOLE_S = 10.0, 30.0, 180.0
T = TypeVar("T")
MOST_CONNECTIONS = 100  # to all hosts together, where the limit of one is not more


@dataclass(frozen=True)
class Answer:
    """A body read whole, the address that gave it after redirects, and its media type in lower case."""

    body: bytes
    url: str
    media_type: str


@dataclass(frozen=True)
class Opened:
    """An answer whose body is still to come, in `pieces` as they are on the wire; `headers` by names in lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True)
class _Question:
    """What is asked for, and whose it is, for the lines of errors."""

    url: str
    headers: Mapping[str, str]
    feed: str | None
    episode: str | None = None
    whole_s: float = WHOLE_S

    def about(self, error: InkwellError) -> InkwellError:
        return error.at(feed=self.feed, episode=self.episode, url=without_secrets(self.url))


class Http:
    """GETs, all through one client that is opened with the first of them. Made by `open_http`.

    Any number of one loop's tasks may share it: a host that is slow holds up those who ask it, and nobody else.
    """

    def __init__(self, *, limit: int, allow_private_hosts: bool, sleep: Sleep, clock: Clock) -> None:
        self._limit, self._allow_private_hosts = limit, allow_private_hosts
        self._sleep, self._clock = sleep, clock
        self._opening = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None
        # weak: they are kept by those who use them, so that a host that nobody asks any more leaves nothing
        self._places: WeakValueDictionary[object, asyncio.Semaphore] = WeakValueDictionary()

    async def get(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        feed: str | None = None,
        episode: str | None = None,
    ) -> Answer:
        """The body at `url`, at most `max_bytes` of it when decoded; asked for again where that may help (`retry.py`).

        Raises: TransientError (timeouts, broken connections and bodies, 429, 5xx), PermanentError (any other status,
        too large, too many redirects, a host that may not be asked), with feed, episode and the URL without secrets.
        """
        question = _Question(url, headers or {}, feed, episode)
        reply = await self._patiently(question, max_bytes)
        if reply.status != 200:
            raise question.about(reply_error(reply, now=self._clock()))
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(reply.body, reply.url, media_type)

    async def ask(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        feed: str | None = None,
        patient: bool,
    ) -> Reply:
        """What the host says to one GET, and to those that its redirects lead to; no status is an error.

        `patient`: statuses and errors that may pass are asked again, as by `get`, and what came last counts; otherwise
        the one request and its redirects are all. Of a body at most `max_bytes`, decoded.
        Raises: TransientError (timeouts, broken connections and bodies), PermanentError (too large, too many redirects,
        a host that may not be asked), with the feed and the URL without secrets.
        """
        question = _Question(url, headers or {}, feed)
        return await (self._patiently(question, max_bytes) if patient else self._once(question, _whole(max_bytes)))

    async def stream(
        self,
        url: str,
        take: Callable[[Opened], Awaitable[T]],
        *,
        headers: Mapping[str, str],
        feed: str | None,
        episode: str | None,
        whole_s: float,
    ) -> T:
        """What `take` makes of the answer to one GET, whatever its status, within `whole_s` seconds; never asked again.

        Raises: TransientError (timeouts, broken connections and bodies), PermanentError (too many redirects, a host
        that may not be asked), with feed, episode and the URL without secrets; what `take` raises.
        """

        async def read(response: "httpx.Response", _: str | None) -> T:
            said = joined_headers(response.headers.raw)
            return await take(Opened(response.status_code, str(response.url), said, response.aiter_raw()))

        return await self._once(_Question(url, headers, feed, episode, whole_s), read)

    async def post(
        self,
        url: str,
        content: AsyncIterator[bytes],
        *,
        headers: Mapping[str, str],
        feed: str | None,
        episode: str | None,
        whole_s: float,
        max_bytes: int,
    ) -> tuple[Reply, bytes]:
        """The reply to one POST, and its body whatever its status. No redirect is followed.

        `content` is sent as it comes; `headers` hold its length. Raises: as `stream`.
        """
        question = _Question(url, headers, feed, episode, whole_s)
        with _errors(question):
            client = await self._opened()
            import httpx

            patient = httpx.Timeout(whole_s, connect=CONNECT_S, pool=None)  # the answer begins when the work is done
            request = client.build_request("POST", url, content=content, headers=sent_headers(headers), timeout=patient)
            async with self._place_at(request.url), asyncio.timeout(whole_s):
                response = await client.send(request, auth=httpx.Auth(), stream=True, follow_redirects=False)
                async with aclosing(response):
                    try:
                        with httpx_errors(feed=feed, episode=episode, url=url):
                            body = await _body(response, max_bytes)
                    except InkwellError:
                        if response.status_code == 200:
                            raise
                        body = b""  # the status says enough
                    return _reply(response, b"", moved_to=None), body

    async def _once(self, question: _Question, read: Callable[["httpx.Response", str | None], Awaitable[T]]) -> T:
        """What `read` makes of the answer to one request, with the redirects that follow from it."""
        with _errors(question):
            return await self._followed(question, read)

    async def _followed(self, question: _Question, read: Callable[["httpx.Response", str | None], Awaitable[T]]) -> T:
        """Each request has a place at its own host, and gives it back before the next. No redirect's body is read."""
        client = await self._opened()
        import httpx  # not before: opening imports it in a thread

        request = client.build_request("GET", question.url, headers=sent_headers(question.headers))
        asked, cookies, left_s = str(request.url), httpx.Cookies(), question.whole_s
        redirects: list[tuple[int, str]] = []
        for _ in range(MAX_REDIRECTS + 1):
            async with self._place_at(request.url), asyncio.timeout(left_s):  # no time counts before there is a place
                began_s = asyncio.get_running_loop().time()
                # the secret in an address is sent to that address alone: redirects have their headers already
                auth = httpx.Auth() if redirects else httpx.USE_CLIENT_DEFAULT
                response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
                async with aclosing(response):
                    if response.next_request is None:
                        return await read(response, moved_for_good(asked, redirects))
                left_s -= asyncio.get_running_loop().time() - began_s
            request = _redirected(request, response, cookies)
            redirects.append((response.status_code, str(request.url)))
        raise PermanentError(f"more than {MAX_REDIRECTS} redirects")

    @asynccontextmanager
    async def _place_at(self, url: "httpx.URL") -> AsyncIterator[None]:
        """One of the `limit` places at the host of `url`, as soon as there is one."""
        places = self._places.setdefault((url.scheme, url.host, url.port), asyncio.Semaphore(self._limit))
        async with places:
            yield

    async def _patiently(self, question: _Question, max_bytes: int) -> Reply:
        """What comes of asking as often as it may help."""

        def trouble(reply: Reply) -> TransientError | None:
            if reply.status not in TRANSIENT_STATUSES:
                return None
            error = question.about(reply_error(reply, now=self._clock()))
            return error if isinstance(error, TransientError) else None

        ask = partial(self._once, question, _whole(max_bytes))
        return await ask_again(ask, trouble=trouble, sleep=self._sleep, clock=self._clock)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _opened(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:
                self._client = await in_thread(self._make_client)
            return self._client

    def _make_client(self) -> "httpx.AsyncClient":
        # its command line with what colours that, and another loop's library: 0.1 s, for what nobody here has a use
        with hidden("httpx._main", "trio"):
            import httpcore  # noqa: F401  which httpx does with its first client
            import httpx

        _import_for_requests()
        hooks: dict[str, list[Callable[..., Any]]] = {"request": [refuse_no_address]}
        if not self._allow_private_hosts:
            hooks["request"].append(refuse_private_host)
            hooks["response"] = [refuse_private_peer]
        client = httpx.AsyncClient(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S, pool=None),
            limits=httpx.Limits(max_connections=max(MOST_CONNECTIONS, self._limit)),
            headers={"Accept-Encoding": ACCEPT_ENCODING, "User-Agent": _user_agent()},
            event_hooks=hooks,
        )
        # a client's cookies would go from one feed to the next, where two have accounts at the same host
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return client


def _redirected(request: "httpx.Request", response: "httpx.Response", cookies: "httpx.Cookies") -> "httpx.Request":
    """The request that `response` sends us to, with what the host has set in `cookies` on the way there.

    A user and a password of the address stay in it where httpx still sends them: they belong to where it has moved.
    """
    assert response.next_request is not None
    following = response.next_request
    if "Set-Cookie" in response.headers:
        cookies.extract_cookies(response)
    if cookies:
        cookies.set_cookie_header(following)
    if request.url.userinfo and not following.url.userinfo and "Authorization" in following.headers:
        following.url = following.url.copy_with(userinfo=request.url.userinfo)
    return following


@contextmanager
def _errors(question: _Question) -> Iterator[None]:
    """Ours of what httpx raises, and of what takes too long."""
    with httpx_errors(feed=question.feed, episode=question.episode, url=question.url):
        check_address(question.url)  # the client's hook sees what httpx has made of it
        try:
            yield
        except TimeoutError:
            raise TransientError(f"no whole answer within {question.whole_s:.0f} s") from None


def _whole(max_bytes: int) -> Callable[["httpx.Response", str | None], Awaitable[Reply]]:
    """Reads a body of at most that many bytes, where the status is 200."""

    async def read(response: "httpx.Response", moved_to: str | None) -> Reply:
        body = await _body(response, max_bytes) if response.status_code == 200 else b""
        return _reply(response, body, moved_to=moved_to)

    return read


async def _body(response: "httpx.Response", max_bytes: int) -> bytes:
    content_encoding = response.headers.get("Content-Encoding", "")
    return await read_body(response.aiter_raw(), content_encoding=content_encoding, max_bytes=max_bytes)


def _reply(response: "httpx.Response", body: bytes, *, moved_to: str | None) -> Reply:
    headers = kept_headers(response.headers.raw)
    return Reply(response.status_code, body, str(response.url), headers, moved_to)


def _user_agent() -> str:
    """Who we are, for those who run the hosts."""
    return f"inkwell-pipeline/{version('inkwell-pipeline')} (podcast notes for Obsidian)"


def _import_for_requests() -> None:
    """What httpx would import on the loop: with the first request, and, in vain, several times with every one.

    httpcore asks for sniffio whenever it makes a lock. Where it is not installed, Python looks for it on the disk each
    time, and waits for the GIL after each look: 0.04 ms on a quiet machine, milliseconds beside a thread that computes.
    """
    with suppress(ImportError):  # a name of anyio's own: where it is another one, all is as without this
        import_module("anyio._backends._asyncio")
    if find_spec("sniffio") is None:
        sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # for Python: it is known not to be there


@asynccontextmanager
async def open_http(
    *, limit: int, allow_private_hosts: bool, sleep: Sleep = asyncio.sleep, clock: Clock = now
) -> AsyncIterator[Http]:
    """An `Http` that asks each host for at most `limit` things at once; `sleep` and `clock` for a time of one's own."""
    http = Http(limit=limit, allow_private_hosts=allow_private_hosts, sleep=sleep, clock=clock)
    try:
        yield http
    finally:
        await http.aclose()
