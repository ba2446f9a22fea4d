"""Hosts on loopback below the level of HTTP libraries: each byte is the test's own.

Belongs here: answers that no library would send, hosts that count and hold back what they are asked. Does not: a host
that does as it should (`podcast_host.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

__all__ = ["BusyHost", "busy_host", "host_that_says", "said", "serving"]

Converse = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(converse: Converse) -> AsyncIterator[str]:
    """An address on loopback where `converse` answers."""
    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed.xml"


@asynccontextmanager
async def host_that_says(answer: bytes) -> AsyncIterator[str]:
    """The address of a host that gives these bytes to every request, and hangs up."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serving(converse) as url:
        yield url


def said(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass
class BusyHost:
    """A host that holds back every answer until it is let go, but for redirects, and counts what it has at once."""

    url: str = ""
    redirects: dict[str, str] = field(default_factory=dict)  # by path: answered at once
    asked: list[str] = field(default_factory=list)  # paths, in order
    at_work: int = 0
    most: int = 0  # at once, of those it holds back
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _may_go: int = 0

    async def let_go(self, count: int = 1) -> None:
        """Answers so many requests, those that are here first, and those to come."""
        async with self._changed:
            self._may_go += count
            self._changed.notify_all()

    async def holds(self, count: int) -> None:
        """Returns when it holds back so many, or more."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: self.at_work >= count)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self.asked.append(path)
        if target := self.redirects.get(path):
            answer = said(b"", f"Location: {target}", status="302 Found")
        else:
            await self._held()
            answer = said(b"<rss/>")
        writer.write(answer)
        writer.close()

    async def _held(self) -> None:
        async with self._changed:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._may_go > 0)
            self._may_go -= 1
            self.at_work -= 1
            self._changed.notify_all()


@asynccontextmanager
async def busy_host() -> AsyncIterator[BusyHost]:
    """A busy host on loopback, which answers all that it still holds at the end."""
    host = BusyHost()
    async with serving(host.converse) as url:
        host.url = url.removesuffix("/feed.xml")
        yield host
        await host.let_go(1_000_000)
