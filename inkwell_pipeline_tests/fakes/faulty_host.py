"""A publisher's host, over real HTTP on loopback, with the faults that hosts have; it knows when it may be asked.

Belongs here: addresses, validators, faults, and what every request was. Does not: what the feed says (`publisher.py`).
A server of its own, since some faults are no HTTP: a body that ends half-way, an answer that never comes.
"""

import gzip
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.feed import FeedState
from inkwell_pipeline_tests.fakes.publisher import Publisher

__all__ = ["FaultyHost", "Shown", "Weather"]

SILENCE_S = 31.0  # longer than anybody waits for a first byte
REFUSALS = {"broken": 500, "busy": 429, "down": 503}
LONGEST_S = 60.0  # real time for which an answer is held back at most
Asker = Literal["sensor", "run"]


@dataclass
class Weather:
    """How the host is for now. `feed`: how it answers for the feed; "well" is as it should.

    "busy": 429, "down": 503, both with Retry-After, in seconds or as a date; "broken": 500; "cut": half of the body;
    "silent": no answer; "late": one when `gate` opens; "hang up": the connection ends; "page": 200 and a page of HTML;
    "elsewhere": a redirect for now, 302; "bare 304": one without the validators.
    """

    feed: str = "well"
    wait_s: int = 600  # what Retry-After asks for
    as_date: bool = False
    validators: str = "both"  # or "etag", "last-modified", "none"
    max_age_s: int | None = None
    ttl_minutes: int | None = None
    gate: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Shown:
    """A body that went out whole: the numbers of its episodes, and its SHA-256."""

    numbers: frozenset[int]
    sha256: str


class FaultyHost:
    """Serves the feed at the last of its addresses, and its transcripts; must be closed.

    `early` are requests that came before they were allowed, `shown` the bodies that went out whole, in order. `asker`
    is who asks for the feed now: a promise of no change binds sensors alone.
    `on_silence` is called with the seconds that a client is to be kept waiting.
    """

    def __init__(self, publisher: Publisher, clock: Clock, *, on_silence: Callable[[float], None]) -> None:
        self._on_silence = on_silence
        self._lock = threading.Lock()
        self._is_quiet = threading.Condition(self._lock)
        self._asked_for_feed = 0  # requests for it under way
        self.begin(publisher, clock)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.host = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="feed host", daemon=True).start()

    def begin(self, publisher: Publisher, clock: Clock) -> None:
        """As if it had never been asked."""
        self.publisher, self._clock = publisher, clock
        self.weather, self.asker = Weather(), "sensor"
        self.early: list[str] = []
        self.shown: list[Shown] = []
        self.asked: list[str] = []  # paths
        self.on_transcript: Callable[[], None] | None = None  # called once, before one is given
        self._left: dict[str, str] = {}  # addresses that the feed had: a redirect's status, or "announces"
        self._address = "/1/feed.xml"
        self._hold: dict[str, datetime] = {}  # by path
        self._fresh_until: datetime | None = None
        self._promised_at: datetime | None = None
        self._ttl_minutes = 0  # as the last body says

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Where the feed was first."""
        return f"{self.root}/1/feed.xml"

    def move(self, how: str) -> None:
        """The feed has another address; the old one redirects with the status `how`, or "announces" it."""
        self._left[self._address] = how
        self._address = f"/{len(self._left) + 1}/feed.xml"

    def forget_holds(self) -> None:
        """What it asked those to wait for who have not heard it."""
        self._hold.clear()

    def forget_unread(self, state: FeedState) -> None:
        """What it said last to somebody who had ended before it was read, by what is remembered: a body, a promise."""
        with self._is_quiet:
            assert self._is_quiet.wait_for(lambda: not self._asked_for_feed, LONGEST_S)
        if self.shown and self.shown[-1].sha256 != state.body:
            self.shown.pop()
        if self._promised_at is not None and (state.read_at is None or state.read_at < self._promised_at):
            self._fresh_until = None

    def close(self) -> None:
        self.weather.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: "_Handler") -> None:
        """Answers one request."""
        path = handler.path
        with self._lock:
            self.asked.append(path)
        if path.startswith("/transcripts/"):
            self._answer_transcript(handler, int(path.removeprefix("/transcripts/").removesuffix(".vtt")))
        else:
            with self._is_quiet:
                self._asked_for_feed += 1
            try:
                self._answer_feed(handler, path)
            finally:
                with self._is_quiet:
                    self._asked_for_feed -= 1
                    self._is_quiet.notify_all()

    def _answer_feed(self, handler: "_Handler", path: str) -> None:
        self._check_hold("feed")
        if self.asker == "sensor" and self._fresh_until is not None and self._clock() < self._fresh_until:
            self.early.append(f"a sensor at {self._clock()}, though nothing was to change before {self._fresh_until}")
        left, kind = self._left.get(path), self.weather.feed
        if left is not None and left != "announces":
            handler.reply(int(left), location=f"{self.root}/{int(path.split('/')[1]) + 1}/feed.xml")
        elif kind == "elsewhere" and path != "/mirror.xml":
            handler.reply(302, location=f"{self.root}/mirror.xml")
        elif kind in REFUSALS:
            handler.reply(REFUSALS[kind], **({} if kind == "broken" else {"retry_after": self._retry_after("feed")}))
        elif kind == "page":
            handler.reply(200, b"<html><body><h1>Please log in</h1></body></html>")
        elif kind == "hang up":
            handler.hang_up()
        elif kind == "silent":
            while not handler.is_given_up(within_s=0.2):
                self._on_silence(SILENCE_S)
            handler.hang_up()
        else:
            if kind == "late":
                self.weather.gate.wait(LONGEST_S)
            self._answer_with_feed(handler, announces=left == "announces")

    def _answer_with_feed(self, handler: "_Handler", *, announces: bool) -> None:
        weather, publisher = self.weather, self.publisher
        more = f"<ttl>{weather.ttl_minutes}</ttl>" if weather.ttl_minutes else ""
        more += f"<itunes:new-feed-url>{self.root}{self._address}</itunes:new-feed-url>" if announces else ""
        with self._lock:
            numbers, body = frozenset(one.number for one in publisher.window()), publisher.body(self.root, more=more)
        validators = self._validators(body)
        if self._is_known(handler, validators):
            validators = {} if weather.feed == "bare 304" else validators
            self._promise(validators)
            handler.reply(304, **validators)
        elif weather.feed == "cut":
            handler.reply_half(body, **validators)
        else:
            handler.reply(200, body, **validators)
            with self._lock:
                self.shown.append(Shown(numbers, sha256(body).hexdigest()))
            self._ttl_minutes = weather.ttl_minutes or 0
            self._promise(validators)

    def _is_known(self, handler: "_Handler", validators: dict[str, str]) -> bool:
        """By its ETag, or where it has none by its date: that of the newest episode, whatever else has changed."""
        asked = ("etag", "If-None-Match") if "etag" in validators else ("last_modified", "If-Modified-Since")
        return asked[0] in validators and handler.headers.get(asked[1]) == validators[asked[0]]

    def _validators(self, body: bytes) -> dict[str, str]:
        weather, digest = self.weather, sha256(body).hexdigest()
        said = {}
        if weather.validators in ("both", "etag"):
            said["etag"] = f'W/"{digest[:12]}"'
        if weather.validators in ("both", "last-modified"):
            newest = max(one.date for one in self.publisher.window() if one.date)
            said["last_modified"] = format_datetime(newest, usegmt=True)
        if weather.max_age_s is not None:
            said["cache_control"] = f"public, max-age={weather.max_age_s}"
        return said

    def _promise(self, validators: dict[str, str]) -> None:
        """No sensor is to ask again while what was given is fresh."""
        max_age_s = self.weather.max_age_s if "cache_control" in validators else None
        fresh_s = max(max_age_s or 0, 60 * self._ttl_minutes)
        self._promised_at = self._clock()
        self._fresh_until = self._promised_at + timedelta(seconds=fresh_s)

    def _answer_transcript(self, handler: "_Handler", number: int) -> None:
        path = f"transcript {number}"
        self._check_hold(path)
        happens, self.on_transcript = self.on_transcript, None
        if happens is not None:
            happens()
        with self._lock:
            one = self.publisher.episodes[number - 1]
            trouble = one.troubles.pop(0) if one.troubles else ("404" if one.is_lost else "")
        body = self.publisher.transcript(number)
        match trouble:
            case "cut":
                handler.reply_half(body)
            case "hang up":
                handler.hang_up()
            case "page":
                handler.reply(200, b"<html><body></body></html>", content_type="text/html")
            case "429":
                handler.reply(429, retry_after=self._retry_after(path, wait_s=20))
            case "":
                handler.reply(200, body, content_type="text/vtt")
            case status:
                handler.reply(int(status))

    def _check_hold(self, what: str) -> None:
        now = self._clock()
        if what in self._hold and now < self._hold[what]:
            self.early.append(f"{what} at {now}, though it was to be left alone until {self._hold[what]}")

    def _retry_after(self, what: str, *, wait_s: int | None = None) -> str:
        until = self._clock() + timedelta(seconds=self.weather.wait_s if wait_s is None else wait_s)
        until = until.replace(microsecond=0) if self.weather.as_date else until
        self._hold[what] = until
        if self.weather.as_date:
            return format_datetime(until, usegmt=True)
        return str(self.weather.wait_s if wait_s is None else wait_s)


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False
    host: FaultyHost

    def handle_error(self, *_: object) -> None:
        """Whoever asked has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.is_given_up(within_s=0):  # a thread that comes late tells nobody anything
            self.close_connection = True
            return
        self.server.host.answer(self)

    def reply(self, status: int, body: bytes = b"", /, **headers: str) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
            body, headers = gzip.compress(body, mtime=0), {**headers, "content_encoding": "gzip"}
        self._begin(status, len(body), headers)
        self.wfile.write(body)

    def reply_half(self, body: bytes, /, **headers: str) -> None:
        self._begin(200, len(body), headers)
        self.wfile.write(body[: len(body) // 2])
        self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True

    def is_given_up(self, *, within_s: float) -> bool:
        """Whether the client has closed the connection, or does so soon."""
        return bool(select.select([self.connection], [], [], within_s)[0])

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    def _begin(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(length))
        self.end_headers()
