"""The one way out to the network: GET with limits, and errors that are ours.

Belongs here: the shared client, limits of time, size and redirects, which hosts may be asked, the map from httpx's
exceptions and from HTTP statuses (RFC 9110, section 15). Does not: what a body means, and what to do about a failure.
httpx is imported in a thread when the first request leaves, since import and client hold a loop for 0.3 s.
"""

import asyncio
import os
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from inkwell_pipeline.errors import ConfigError, InkwellError, PermanentError, TransientError
from inkwell_pipeline.settings import Auth
from inkwell_pipeline.threads import in_thread

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Http", "auth_header", "open_http", "same_host", "without_secrets"]

MAX_REDIRECTS = 10
CONNECT_S, READ_S, WHOLE_S = 10.0, 30.0, 180.0
NAT64 = ip_network("64:ff9b::/96")  # RFC 6052
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Answer:
    """A body read whole, the address that gave it after redirects, and its media type in lower case."""

    body: bytes
    url: str
    media_type: str


def without_secrets(url: str) -> str:
    """`url` for people's eyes: no user, no password, no query or fragment, where private feeds keep their tokens."""
    try:
        parts = urlsplit(url)
        host, number = parts.hostname or "", parts.port
    except ValueError:  # what cannot be taken apart could hold a secret anywhere
        return "an address that is not one"
    host = f"[{host}]" if ":" in host else host
    port = f":{number}" if number else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", "")) + ("?…" if parts.query else "")


def same_host(one: str, other: str) -> bool:
    """Whether a secret for `one` may be shown to `other`: the same scheme, host and port."""
    try:
        return _origin(one) == _origin(other)
    except ValueError:  # not an address
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Http:
    """GETs, all through one client that is opened with the first of them. Made by `open_http`."""

    def __init__(self, *, limit: int, allow_private_hosts: bool) -> None:
        self._limit, self._allow_private_hosts = limit, allow_private_hosts
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
        """The body at `url`, at most `max_bytes` of it when decoded.

        Raises: TransientError (timeouts, broken connections, 429, 5xx), PermanentError (any other status, too
        large, too many redirects, a host that may not be asked), with feed, episode and the URL without secrets.
        """
        with _httpx_errors(feed=feed, episode=episode, url=url):
            _check_address(url)  # the hook below sees what httpx has made of it
            client = await self._opened()
            try:
                async with (
                    asyncio.timeout(WHOLE_S),
                    client.stream("GET", url, headers=dict(headers or {})) as response,
                ):
                    _check_status(response.status_code)
                    body = await _read(response, max_bytes)
            except TimeoutError:
                raise TransientError(f"no whole answer within {WHOLE_S:.0f} s") from None
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(body, str(response.url), media_type)

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

        hooks: dict[str, list[Callable[..., Any]]] = {"request": [_refuse_no_address]}
        if not self._allow_private_hosts:
            hooks["request"].append(_refuse_private_host)
            hooks["response"] = [_refuse_private_peer]
        return httpx.AsyncClient(
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S, pool=None),
            limits=httpx.Limits(max_connections=self._limit),
            headers={"User-Agent": f"inkwell-pipeline/{version('inkwell-pipeline')}"},
            event_hooks=hooks,
        )


@asynccontextmanager
async def open_http(*, limit: int, allow_private_hosts: bool) -> AsyncIterator[Http]:
    """An `Http` with at most `limit` connections, closed at the end."""
    http = Http(limit=limit, allow_private_hosts=allow_private_hosts)
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
        raise type(error)(error.text, feed=feed, episode=episode, url=shown) from None
    except Exception as error:
        if (mapped := _mapped(error)) is None:
            raise
        kind, text = mapped
        # from None: httpx may put the whole URL in its text, a private feed's token too
        raise kind(text, feed=feed, episode=episode, url=shown) from None


def _mapped(error: Exception) -> tuple[type[InkwellError], str] | None:
    """Which of ours a foreign exception is, and its words; None: not the network's. No other place names httpx's."""
    import httpx

    name = type(error).__name__
    match error:
        case httpx.TooManyRedirects():
            return PermanentError, f"more than {MAX_REDIRECTS} redirects"
        case httpx.TimeoutException():
            return TransientError, f"the host did not answer in time ({name})"
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return TransientError, f"the host cannot be reached, or broke off ({name})"
        case httpx.HTTPError() | httpx.InvalidURL() | UnicodeError():  # UnicodeError: of a host's name, or a header
            return PermanentError, f"cannot be asked for ({name})"
        case _:
            return None


def _check_address(url: str) -> None:
    """httpx makes a host of some things that are none."""
    try:
        _origin(url)
    except ValueError:
        raise PermanentError("cannot be asked for (not an address)") from None


def _check_status(status: int) -> None:
    if status == 200:
        return
    kind = TransientError if status in TRANSIENT_STATUSES else PermanentError
    raise kind(f"the host answers {status}")


async def _read(response: "httpx.Response", max_bytes: int) -> bytes:
    """The decoded body; stops at the limit, since a small gzip can hold a huge text."""
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > max_bytes:
            raise PermanentError(f"larger than {max_bytes // 1_000_000} MB")
        chunks.append(chunk)
    return b"".join(chunks)


def _is_private(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    elif ip in NAT64:  # a gateway passes it on to the IPv4 address at its end
        ip = IPv4Address(ip.packed[-4:])
    return not ip.is_global or ip.is_multicast


def _refusal(host: str) -> PermanentError:
    return PermanentError(
        f"{host} is in a private network; `allow_private_hosts: true` permits that, and a proxy there"
    )


async def _refuse_no_address(request: "httpx.Request") -> None:
    """Before each request, redirects too: a host may send us to what is no address."""
    _check_address(str(request.url))


async def _refuse_private_host(request: "httpx.Request") -> None:
    """Before each request, redirects too: a feed must not make us ask the user's router or cloud."""
    if request.url.scheme not in ("http", "https"):
        return  # httpx refuses it
    host = request.url.host
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise TransientError(f"no address is known for {host}") from None
    if any(_is_private(str(address[0])) for *_, address in found):
        raise _refusal(host)


async def _refuse_private_peer(response: "httpx.Response") -> None:
    """After connecting: a name that changed its address in between gets nothing read."""
    peer = response.extensions["network_stream"].get_extra_info("server_addr")
    if peer and _is_private(str(peer[0])):
        raise _refusal(response.request.url.host)
