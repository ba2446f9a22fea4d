"""A host of many feeds, over real HTTP on loopback: each has an ETag, and some never answer, or a byte a second.

Belongs here: what such a host does, and when it was asked for what. Does not: what the pipeline makes of it; faults of
single answers (`podcast_host.py`).
"""

import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

__all__ = ["Asking", "FeedHost", "feed_host"]


@dataclass(frozen=True)
class Asking:
    """One request: for which path, when (of `time.monotonic`), and whether with the ETag of what was had before."""

    path: str
    at_s: float
    conditional: bool


@dataclass
class FeedHost:
    """304 to who has the body already, 404 for what is not there; those that hang are accepted, and nothing is said.

    What is taken out of `hanging` is answered, also where it was asked for before.
    """

    base_url: str = ""
    bodies: dict[str, bytes] = field(default_factory=dict)  # by path
    hanging: set[str] = field(default_factory=set)  # paths
    dripping: set[str] = field(default_factory=set)  # paths
    asked: list[Asking] = field(default_factory=list)  # in order
    under_way: Counter[str] = field(default_factory=Counter)  # by path
    most_at_once: int = 0  # requests for one path
    closed: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def url(self, path: str) -> str:
        return f"{self.base_url}{path}"

    def times_s(self, path: str) -> list[float]:
        """When `path` was asked for."""
        return [one.at_s for one in self.asked.copy() if one.path == path]

    @contextmanager
    def asked_for(self, path: str, *, conditional: bool) -> Iterator[None]:
        """Around an answer."""
        with self._lock:
            self.asked.append(Asking(path, time.monotonic(), conditional))
            self.under_way[path] += 1
            self.most_at_once = max(self.most_at_once, self.under_way[path])
        try:
            yield
        finally:
            with self._lock:
                self.under_way[path] -= 1


class _Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: FeedHost) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host
        host.base_url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a kept connection waits 40 ms for each body
    server: _Server

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match")
        with self.server.host.asked_for(self.path, conditional=known is not None):
            try:
                if self._may_answer():
                    self._answer(self.server.host.bodies.get(self.path), known)
            except OSError:  # who has asked has gone
                self.close_connection = True

    def _may_answer(self) -> bool:
        """As soon as the path hangs no more; not if who has asked has gone before."""
        host = self.server.host
        while self.path in host.hanging:
            if host.closed.wait(0.1) or _has_gone(self.connection):
                self.close_connection = True
                return False
        return True

    def _answer(self, body: bytes | None, known: str | None) -> None:
        etag = _etag(body or b"")
        status = 404 if body is None else 304 if known == etag else 200
        sent = body if status == 200 and body is not None else b""
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", "application/rss+xml")
        if status != 304:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if self.path in self.server.host.dripping:
            self._drip(sent)
        else:
            self.wfile.write(sent)

    def _drip(self, body: bytes) -> None:
        for index in range(len(body)):
            if self.server.host.closed.wait(1):
                self.close_connection = True
                return
            self.wfile.write(body[index : index + 1])

    def log_message(self, *args: object) -> None:
        """No line for each request."""


@contextmanager
def feed_host() -> Iterator[FeedHost]:
    """An empty one; at the end those that wait for an answer are let go."""
    host = FeedHost()
    with _Server(host) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield host
        finally:
            host.closed.set()
            server.shutdown()


@lru_cache(maxsize=256)
def _etag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:16]}"'


def _has_gone(connection: socket.socket) -> bool:
    """Whether the other side has hung up."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)
