"""Which hosts may be asked, and who may be shown a secret.

Belongs here: what is an address, whose it is, what of it people may see; httpx's hooks that refuse private networks,
since feeds are written by strangers. Does not: asking (`http.py`).
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from inkwell_pipeline.errors import PermanentError, TransientError

if TYPE_CHECKING:
    import httpx

__all__ = [
    "check_address",
    "refuse_no_address",
    "refuse_private_host",
    "refuse_private_peer",
    "same_host",
    "without_secrets",
]

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


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


def check_address(url: str) -> None:
    """httpx makes a host of some things that are none."""
    try:
        _origin(url)
    except ValueError:
        raise PermanentError("cannot be asked for (not an address)") from None


def _is_private(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    elif ip in NAT64:  # a gateway passes it on to the IPv4 address at its end
        ip = IPv4Address(ip.packed[-4:])
    return not ip.is_global or ip.is_multicast


def _refusal(host: str) -> PermanentError:
    return PermanentError(
        f"{host} is in a private network; `allow_private_hosts: true` permits that, and a proxy there",
        todo="set `allow_private_hosts: true` in the config if that host is meant",
    )


async def refuse_no_address(request: "httpx.Request") -> None:
    """Before each request, redirects too: a host may send us to what is no address."""
    check_address(str(request.url))


async def refuse_private_host(request: "httpx.Request") -> None:
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


async def refuse_private_peer(response: "httpx.Response") -> None:
    """After connecting: a name that changed its address in between gets nothing read."""
    peer = response.extensions["network_stream"].get_extra_info("server_addr")
    if peer and _is_private(str(peer[0])):
        raise _refusal(response.request.url.host)
