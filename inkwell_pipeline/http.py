"""The one way out to the network: GET with limits, and errors that are ours.

Belongs here: the shared client, limits of time, size and redirects, asking again, the map from httpx's exceptions and
from HTTP statuses (RFC 9110, section 15). Does not: what a body means, which hosts may be asked (`hosts.py`), whether a
failure is worth another request (`retry.py`).
httpx and tenacity are imported in a thread before the first request, since imports and client hold a loop for 0.4 s.
"""

import asyncio
import logging
import os
import random
import ssl
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from inkwell_pipeline.errors import ConfigError, InkwellError, PermanentError, TransientError
from inkwell_pipeline.hosts import (
    check_address,
    refuse_no_address,
    refuse_private_host,
    refuse_private_peer,
    same_host,
    without_secrets,
)
from inkwell_pipeline.retry import ATTEMPTS, GiveUp, asked_to_wait_s, decide, patience
from inkwell_pipeline.settings import Auth
from inkwell_pipeline.threads import in_thread

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

__all__ = ["Answer", "Http", "auth_header", "open_http", "same_host", "without_secrets"]

MAX_REDIRECTS = 10
CONNECT_S, READ_S, WHOLE_S = 10.0, 30.0, 180.0
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Answer:
    """A body read whole, the address that gave it after redirects, and its media type in lower case."""

    body: bytes
    url: str
    media_type: str


class Http:
    """GETs, all through one client that is opened with the first of them. Made by `open_http`."""

    def __init__(self, *, limit: int, allow_private_hosts: bool, sleep: Sleep, clock: Clock) -> None:
        self._limit, self._allow_private_hosts = limit, allow_private_hosts
        self._sleep, self._clock = sleep, clock
        self._opening = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None

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

        Raises: TransientError (timeouts, broken connections, 429, 5xx), PermanentError (any other status, too
        large, too many redirects, a host that may not be asked), with feed, episode and the URL without secrets.
        """

        async def ask() -> Answer:
            with _httpx_errors(feed=feed, episode=episode, url=url):
                return await self._ask(url, max_bytes=max_bytes, headers=dict(headers or {}))

        await self._opened()  # imports tenacity, too
        return await self._asking_again(ask)

    async def _ask(self, url: str, *, max_bytes: int, headers: dict[str, str]) -> Answer:
        """One request, with the redirects that follow from it."""
        check_address(url)  # the hook below sees what httpx has made of it
        client = await self._opened()
        try:
            async with asyncio.timeout(WHOLE_S), client.stream("GET", url, headers=headers) as response:
                _check_status(response.status_code, response.headers.get("Retry-After"), now=self._clock())
                body = await _read(response, max_bytes)
        except TimeoutError:
            raise TransientError(f"no whole answer within {WHOLE_S:.0f} s") from None
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(body, str(response.url), media_type)

    async def _asking_again(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `ask` gives, asked as often as `retry.decide` says. A cancelled wait ends at once."""
        from tenacity import AsyncRetrying, retry_if_exception_type

        began, chance = self._clock(), random.random()  # noqa: S311  not for a secret

        def verdict(state: "RetryCallState") -> float:
            error = state.outcome.exception() if state.outcome else None
            decided = decide(
                attempts=state.attempt_number,
                elapsed_s=(self._clock() - began).total_seconds(),
                asked_s=error.retry_after_s if isinstance(error, TransientError) else None,
                chance=chance,
            )
            return -1.0 if isinstance(decided, GiveUp) else decided.seconds

        def tell(state: "RetryCallState") -> None:
            error = state.outcome.exception() if state.outcome else None
            next_one = f"attempt {state.attempt_number + 1} of {ATTEMPTS}"
            log.warning("%s; asking again in %.1f s, %s", error, state.upcoming_sleep, next_one)

        return await AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            wait=verdict,
            stop=lambda state: state.upcoming_sleep < 0,  # tenacity asks `wait` first
            sleep=self._sleep,
            before_sleep=tell,
            reraise=True,
        )(ask)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _opened(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:
                self._client = await in_thread(self._make_client)
            return self._client

    def _make_client(self) -> "httpx.AsyncClient":
        import httpx
        import tenacity  # noqa: F401  20 ms, which a loop would feel

        _import_for_requests()
        hooks: dict[str, list[Callable[..., Any]]] = {"request": [refuse_no_address]}
        if not self._allow_private_hosts:
            hooks["request"].append(refuse_private_host)
            hooks["response"] = [refuse_private_peer]
        return httpx.AsyncClient(
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S, pool=None),
            limits=httpx.Limits(max_connections=self._limit),
            headers={"User-Agent": f"inkwell-pipeline/{version('inkwell-pipeline')}"},
            event_hooks=hooks,
        )


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
    *, limit: int, allow_private_hosts: bool, sleep: Sleep = asyncio.sleep, clock: Clock = _now
) -> AsyncIterator[Http]:
    """An `Http` with at most `limit` connections, closed at the end; `sleep` and `clock` for a time of one's own."""
    http = Http(limit=limit, allow_private_hosts=allow_private_hosts, sleep=sleep, clock=clock)
    try:
        yield http
    finally:
        await http.aclose()


def auth_header(auth: Auth | None, *, feed: str) -> dict[str, str]:
    """The Authorization header (RFC 7617, RFC 6750) of a private feed; empty without `auth`.

    Raises: ConfigError, where an environment variable that the config names is not set.
    """
    if auth is None:
        return {}
    if auth.bearer_env:
        return {"Authorization": f"Bearer {_secret(auth.bearer_env, feed)}"}
    pair = f"{_secret(auth.username_env or '', feed)}:{_secret(auth.password_env or '', feed)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _secret(variable: str, feed: str) -> str:
    if not (value := os.environ.get(variable)):
        raise ConfigError(f"the environment variable {variable}, named under `auth`, is not set", feed=feed)
    return value


@contextmanager
def _httpx_errors(*, feed: str | None, episode: str | None, url: str) -> Iterator[None]:
    """Gives our errors their place, and makes ours of what httpx raises."""
    shown = without_secrets(url)
    try:
        yield
    except InkwellError as error:
        raise error.at(feed=feed, episode=episode, url=shown) from None
    except Exception as error:
        if (mapped := _mapped(error)) is None:
            raise
        # from None: httpx may put the whole URL in its text, a private feed's token too
        raise mapped.at(feed=feed, episode=episode, url=shown) from None


def _mapped(error: Exception) -> InkwellError | None:
    """Which of ours a foreign exception is; None: not the network's. No other place names httpx's."""
    import httpx

    name = type(error).__name__
    match error:
        case httpx.TooManyRedirects():
            return PermanentError(f"more than {MAX_REDIRECTS} redirects")
        case httpx.TimeoutException():
            return TransientError(f"the host did not answer in time ({name})")
        case httpx.ConnectError() if (why := _certificate_trouble(error)) is not None:
            todo = "see whether this machine's date is right; else it is the host's to mend"
            return PermanentError(f"the host's certificate is not accepted: {why}", todo=todo)
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return TransientError(f"the host cannot be reached, or broke off ({name})")
        case httpx.HTTPError() | httpx.InvalidURL() | UnicodeError():  # UnicodeError: of a host's name, or a header
            return PermanentError(f"cannot be asked for ({name})")
        case _:
            return None


def _certificate_trouble(error: BaseException | None) -> str | None:
    """Why TLS refused the host, by the innermost cause of a failed connection; None: it failed of something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return None


def _check_status(status: int, retry_after: str | None, *, now: datetime) -> None:
    says = f"the host answers {status}"
    if status in TRANSIENT_STATUSES:
        asked_s = asked_to_wait_s(retry_after, now=now)
        until = patience(asked_s, now=now)
        error = TransientError(says + until, todo="run again then" if until else None)
        error.retry_after_s = asked_s
        raise error
    if status in (401, 403):
        raise PermanentError(says, todo="check the feed's `auth` in the config, and the variables that it names")
    if status != 200:
        raise PermanentError(says)


async def _read(response: "httpx.Response", max_bytes: int) -> bytes:
    """The decoded body; stops at the limit, since a small gzip can hold a huge text."""
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > max_bytes:
            raise PermanentError(f"larger than {max_bytes // 1_000_000} MB")
        chunks.append(chunk)
    return b"".join(chunks)
