"""HTTP on loopback, for the providers: JSON, event streams, and connections that break.

Belongs here: bytes, and whether the client is still there. Does not: what is said (`provider.py`).
"""

import json
import select
import socket
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol, TypeAlias

from inkwell_pipeline_tests.fakes.providers.asked import Json

__all__ = ["Connection", "HungUp", "Server"]

Headers: TypeAlias = Mapping[str, str]
NONE: Headers = {}
JSON = {"Content-Type": "application/json"}
STREAM = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}


class HungUp(Exception):
    """The client has gone, or the fake closes."""


class Answers(Protocol):
    def post(self, connection: "Connection", body: Json) -> None: ...

    def figures(self) -> dict[str, Any]: ...

    def fails_with(self, error: Exception) -> None:
        """Something that the fake or its test did not think of."""


class Server(ThreadingHTTPServer):
    """A thread for each connection; whoever waits is let go at the end."""

    daemon_threads, block_on_close = True, False
    request_queue_size = 256

    def __init__(self, answers: Answers, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.answers = answers
        self.is_closing = False
        self._closing, self.closed = socket.socketpair()  # `closed` can be read from when the fake closes

    def begin(self) -> None:
        Thread(target=self.serve_forever, args=(0.05,), name="model provider", daemon=True).start()

    def close(self) -> None:
        """Lets go of whoever waits; connections that are kept get no more answers."""
        self.is_closing = True
        self._closing.close()
        self.shutdown()
        self.server_close()

    def forget(self) -> None:
        """To be called when nobody waits any more."""
        self.closed.close()

    def handle_error(self, *_: object) -> None:
        """Whoever asked has gone."""


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a kept connection waits 40 ms for each body
    wbufsize = -1  # head and body in one packet
    server: Server

    def setup(self) -> None:
        super().setup()
        self.on_last: Callable[[], None] = lambda: None  # called before an answer's last bytes

    def do_GET(self) -> None:
        found = self.path == "/memory"
        self.reply(200 if found else 404, self.server.answers.figures() if found else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            if self.server.is_closing:
                raise HungUp
            self.server.answers.post(self, body)
        except (HungUp, OSError):
            self.hang_up()
        except Exception as error:
            self.server.answers.fails_with(error)
            self.hang_up()

    def wait(self, seconds: float) -> None:
        """Raises: HungUp, if the client hangs up meanwhile, or the fake closes."""
        if self.server.is_closing:
            raise HungUp
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        poll.register(self.server.closed, select.POLLIN)
        if poll.poll(seconds * 1000):
            raise HungUp

    def reply(self, status: int, said: Json, *, headers: Headers = NONE, after_s: float = 0.0) -> None:
        """JSON; the second half of it `after_s` after the first."""
        self.reply_bytes(status, json.dumps(said).encode(), headers=headers, after_s=after_s)

    def reply_bytes(self, status: int, body: bytes, *, headers: Headers = NONE, after_s: float = 0.0) -> None:
        self._begin(status, JSON | {"Content-Length": str(len(body))}, headers)
        if after_s:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.wait(after_s)
            body = body[len(body) // 2 :]
        self.on_last()
        self.wfile.write(body)
        self.wfile.flush()

    def reply_half(self, said: Json, *, headers: Headers) -> None:
        body = json.dumps(said).encode()
        self._begin(200, JSON | {"Content-Length": str(len(body))}, headers)
        self.wfile.write(body[: len(body) // 2])
        self.hang_up()

    def stream(self, events: Sequence[bytes], *, headers: Headers, over_s: float, is_whole: bool = True) -> None:
        """Server-sent events, with the same wait before each but the first; the half of them if not `is_whole`."""
        self._begin(200, STREAM, headers)
        for at, event in enumerate(events if is_whole else events[: len(events) // 2]):
            if at and over_s:
                self.wait(over_s / len(events))
            if at == len(events) - 1:
                self.on_last()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            if over_s or not at:
                self.wfile.flush()
        if is_whole:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        else:
            self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    def _begin(self, status: int, ours: Headers, headers: Headers) -> None:
        self.send_response(status)
        for name, value in (*ours.items(), *headers.items()):
            self.send_header(name, value)
        self.end_headers()
