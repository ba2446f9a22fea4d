"""A podcast host with a memory, over real HTTP on loopback.

Belongs here: what a host serves, the faults it can have, what it was asked. Does not: what the pipeline makes of it.
"""

import re
import time
from dataclasses import dataclass, field
from html import escape
from threading import Event

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

__all__ = ["Item", "PodcastHost", "rss"]

NAMESPACES = (
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


@dataclass(frozen=True)
class Item:
    """An item of a feed; `transcripts` are (address, media type) pairs, `show_notes` HTML."""

    title: str
    guid: str | None = None
    date: str | None = "Wed, 28 Feb 2024 09:00:00 GMT"
    audio: str | None = "https://example.com/audio.mp3"
    transcripts: tuple[tuple[str, str], ...] = ()
    persons: tuple[str, ...] = ()
    show_notes: str = ""
    more: str = ""  # XML as it is


def rss(title: str, *items: Item, more: str = "") -> bytes:
    """A feed in RSS 2.0; `more` is XML of its channel."""
    body = more + "".join(_xml(item) for item in items)
    return f'<rss version="2.0" {NAMESPACES}><channel><title>{escape(title)}</title>{body}</channel></rss>'.encode()


def _xml(item: Item) -> str:
    parts = [f"<title>{escape(item.title)}</title>"]
    if item.guid is not None:
        parts.append(f'<guid isPermaLink="false">{escape(item.guid)}</guid>')
    if item.date is not None:
        parts.append(f"<pubDate>{item.date}</pubDate>")
    if item.audio is not None:
        parts.append(f'<enclosure url="{escape(item.audio)}" length="1" type="audio/mpeg"/>')
    parts += [f'<podcast:transcript url="{escape(url)}" type="{kind}"/>' for url, kind in item.transcripts]
    parts += [f"<podcast:person>{escape(name)}</podcast:person>" for name in item.persons]
    if item.show_notes:
        parts.append(f"<content:encoded><![CDATA[{item.show_notes}]]></content:encoded>")
    return f"<item>{''.join(parts)}{item.more}</item>"


@dataclass
class PodcastHost:
    """200 for what was published, 404 for the rest, a redirect or another status where a test says so."""

    server: HTTPServer
    bodies: dict[str, bytes] = field(default_factory=dict)  # by path; tests publish here
    statuses: dict[str, int] = field(default_factory=dict)  # by path: answered instead of a body
    passing: dict[str, list[int]] = field(default_factory=dict)  # by path: statuses answered once each, before all else
    retry_after: dict[str, str] = field(default_factory=dict)  # by path: the header beside such a status
    redirects: dict[str, str] = field(default_factory=dict)  # by path: the address to go to
    redirect_statuses: dict[str, int] = field(default_factory=dict)  # by path: 301 where a test says nothing else
    types: dict[str, str] = field(default_factory=dict)  # by path: the Content-Type
    headers: dict[str, dict[str, str]] = field(default_factory=dict)  # by path: what else goes with each answer
    etags: dict[str, str] = field(default_factory=dict)  # by path: 304 for those who have it
    delays_s: dict[str, float] = field(default_factory=dict)  # by path: how long an answer takes
    closed: Event = field(default_factory=Event)  # set at the end: answers that are still held back go out
    asked: list[str] = field(default_factory=list)  # paths, in order
    authorizations: dict[str, str | None] = field(default_factory=dict)  # by path: the last one sent
    requested: dict[str, dict[str, str]] = field(default_factory=dict)  # by path: the headers of the last request

    def __post_init__(self) -> None:
        self.server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def url(self, path: str) -> str:
        return str(self.server.url_for(path))

    def publish(self, path: str, body: bytes, media_type: str = "text/plain") -> str:
        """Serves `body` at `path` from now on; gives its address."""
        self.bodies[path], self.types[path] = body, media_type
        return self.url(path)

    def wait_until_asked(self, path: str, *, at_most_s: float = 120) -> None:
        """Returns when `path` has been asked for."""
        until = time.monotonic() + at_most_s
        while path not in self.asked:
            if time.monotonic() > until:
                raise TimeoutError(f"nobody asked for {path} within {at_most_s} s")
            time.sleep(0.01)

    def _answer(self, request: Request) -> Response:
        response = self._answered(request)
        response.headers.update(self.headers.get(request.path, {}))
        return response

    def _answered(self, request: Request) -> Response:
        path = request.path
        self.asked.append(path)
        self.requested[path] = dict(request.headers)
        self.authorizations[path] = request.headers.get("Authorization")
        self.closed.wait(self.delays_s.get(path, 0))
        status = self.passing[path].pop(0) if self.passing.get(path) else self.statuses.get(path)
        if status is not None:
            headers = {"Retry-After": self.retry_after[path]} if path in self.retry_after else {}
            return Response(status=status, headers=headers)
        if target := self.redirects.get(path):
            return Response(status=self.redirect_statuses.get(path, 301), headers={"Location": target})
        if (body := self.bodies.get(path)) is None:
            return Response(status=404)
        validator = {"ETag": self.etags[path]} if path in self.etags else {}
        if validator and request.headers.get("If-None-Match") == self.etags[path]:
            return Response(status=304, headers=validator)
        return Response(body, content_type=self.types[path], headers=validator)
