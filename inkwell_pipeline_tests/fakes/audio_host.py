"""A host of large files that breaks off: HTTP/1.1 on a real socket, written byte by byte, with a memory of requests.

Belongs here: ranges, validators, and the faults of hosts. Does not: what becomes of the file.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["AudioHost", "Request"]


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]

    @property
    def begins_at(self) -> int:
        match = re.match(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(match[1]) if match else 0


@dataclass
class AudioHost:
    """One file at every path.

    `breaks`: after so many bytes of each of the next answers the connection breaks. `etag` None: it has none;
    `changes`: another file, with another ETag, from the second request on. `ranges` False: it sends all, always.
    `says_length` False: it sends chunks instead, whose end alone tells that all has come.
    """

    body: bytes
    etag: str | None = '"one"'
    last_modified: str | None = None
    media_type: str = "audio/mpeg"
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    changes: bytes | None = None
    wrong_range: bool = False
    statuses: list[int] = field(default_factory=list)  # answered once each, before all else
    stall_after: int | None = None  # bytes, after which nothing comes any more, until the host is closed
    says_length: bool = True
    says_total: bool = True  # in Content-Range
    heeds_condition: bool = True  # If-Range
    more_headers: dict[str, str] = field(default_factory=dict)
    weakens: bool = False  # the ETag of a part
    knows_ranges: bool = True  # else it answers 400 to those who ask for one
    asked: list[Request] = field(default_factory=list)
    sent: int = 0  # bytes of bodies, all together

    def __post_init__(self) -> None:
        self._closed = threading.Event()

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Its address."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=20)
        listener.settimeout(0.1)
        thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            self._closed.set()
            thread.join()
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closed.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                if not (piece := connection.recv(65536)):
                    return
                data += piece
            head, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            request = Request(head.split(" ")[1], headers)
            self.asked.append(request)
            self._answer(connection, request)

    def _answer(self, connection: socket.socket, request: Request) -> None:
        if (refusal := self._refusal(request)) is not None:
            connection.sendall(f"HTTP/1.1 {refusal} Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            return
        is_other = self.changes is not None and len(self.asked) > 1
        body = self.changes if is_other and self.changes is not None else self.body
        etag = '"other"' if is_other else self.etag
        validators = {"ETag": etag, "Last-Modified": self.last_modified}
        begin, status = 0, "200 OK"
        headers = {"Content-Type": self.media_type, "Connection": "close"}
        headers |= {name: value for name, value in validators.items() if value is not None}
        condition = request.headers.get("if-range")
        if self.ranges and "range" in request.headers and self._holds(condition, etag):
            begin = request.begins_at
            if begin >= len(body):
                connection.sendall(b"HTTP/1.1 416 Range\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            status = "206 Partial Content"
            if self.weakens:
                headers["ETag"] = f"W/{etag}"
            last = self._last(request, len(body))
            said = begin + 7 if self.wrong_range else begin
            headers["Content-Range"] = f"bytes {said}-{last}/{len(body) if self.says_total else '*'}"
            body = body[: last + 1]
        part = body[begin:]
        headers |= self.more_headers
        if self.says_length:
            headers["Content-Length"] = str(len(part))
        else:
            headers["Transfer-Encoding"] = "chunked"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode())  # UTF-8, as some hosts do
        limit = self.breaks.pop(0) if self.breaks else len(part)
        if self.stall_after is not None:
            limit = min(limit, self.stall_after)
        for at in range(0, min(limit, len(part)), 65536):
            piece = part[at : min(at + 65536, limit)]
            framed = piece if self.says_length else b"%x\r\n%b\r\n" % (len(piece), piece)
            connection.sendall(framed)
            self.sent += len(piece)
        if not self.says_length and limit >= len(part):
            connection.sendall(b"0\r\n\r\n")
        if self.stall_after is not None and self.stall_after < len(part):
            self._closed.wait()

    def _refusal(self, request: Request) -> int | None:
        if self.statuses:
            return self.statuses.pop(0)
        return 400 if "range" in request.headers and not self.knows_ranges else None

    def _holds(self, condition: str | None, etag: str | None) -> bool:
        return not self.heeds_condition or condition in (None, etag, self.last_modified)

    @staticmethod
    def _last(request: Request, size: int) -> int:
        match = re.match(r"bytes=\d+-(\d+)", request.headers.get("range", ""))
        return min(size - 1, int(match[1])) if match else size - 1
