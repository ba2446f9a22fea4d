"""From the bytes on the wire to a body: content codings (RFC 9110, section 8.4) undone, whole or not at all.

Belongs here: the codings, the bound on what they may become, what is a body that broke off. Does not: asking
(`http.py`), and what a body means.
Strangers write these bytes: 80 of them may hold 100 MB. So each step makes a few pieces of 64 KB at most, and no step
is made on the loop: one of brotli's fills its whole window of up to 16 MB first, which takes up to 0.1 s. Both
libraries work without the GIL.
"""

import asyncio
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Iterator, Sequence
from itertools import islice

import brotli

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.threads import in_thread

__all__ = ["ACCEPT_ENCODING", "AS_IT_IS", "read_body"]

ACCEPT_ENCODING = "gzip, deflate, br"
PIECE_BYTES = 65_536  # one of brotli's may be half as large again
PIECES_AT_ONCE = 16
AT_ONCE_BYTES = 1_000_000  # what may be copied on the loop
MOST_CODINGS = 3  # each may hold a thousand times what is around it
MOST_MEMBERS = 10_000  # of a gzip; a million that hold nothing would keep a thread at work for a minute
GZIP_MAGIC = b"\x1f\x8b"
# no codings: what misconfigured hosts send beside a body as it is, and browsers take no notice of
AS_IT_IS = frozenset({"", "identity", "none", "binary", "8bit", "utf-8", "utf8", "aws-chunked"})


async def read_body(
    raw: AsyncIterable[bytes], *, content_encoding: str, max_bytes: int, hop_bytes: int = PIECE_BYTES
) -> bytes:
    """The body whose bytes come in `raw`, cut anywhere, with the codings undone that the header's value names.

    So many bytes as `hop_bytes` are worth a hop to a thread.
    Raises: PermanentError (larger than `max_bytes`, an unknown coding, not what it is said to be), TransientError (it
    is damaged, or ends too early).
    """
    codings = _codings(content_encoding, max_bytes)
    body, waiting = _Body(max_bytes), bytearray()
    async for data in raw:
        if codings:
            waiting += data
        else:
            body.write(data)
        if len(waiting) >= hop_bytes:
            await _decode(waiting, codings, body)
        await asyncio.sleep(0)  # thousands of pieces of a byte may come without a wait between them
    if waiting:
        await _decode(waiting, codings, body)
    for coding in codings:
        if not coding.is_whole:
            raise TransientError(f"the host broke off in the midst of its {coding.name}")
    return await body.whole()


class _Body:
    """What has been decoded so far."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._size = max_bytes, 0
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._pieces.append(piece)

    async def whole(self) -> bytes:
        if self._size <= AT_ONCE_BYTES:
            return b"".join(self._pieces)
        return await in_thread(b"".join, self._pieces)  # 25 MB take 5 ms; done without the GIL


def _too_large(max_bytes: int) -> PermanentError:
    return PermanentError(f"larger than {max_bytes // 1_000_000} MB")


async def _decode(waiting: bytearray, codings: Sequence["_Coding"], body: _Body) -> None:
    """Decodes what is waiting into `body`. Not where things are computed, whose one thread may be busy for seconds."""
    pieces = _decoded(bytes(waiting), codings)
    waiting.clear()
    while await in_thread(_write_some, pieces, body):
        pass


def _write_some(pieces: Iterator[bytes], body: _Body) -> bool:
    """Writes the next few pieces; whether there may be more."""
    count = 0
    for piece in islice(pieces, PIECES_AT_ONCE):
        body.write(piece)
        count += 1
    return count == PIECES_AT_ONCE


def _decoded(data: bytes, codings: Sequence["_Coding"]) -> Iterator[bytes]:
    """`data` through all codings, the first of which is the outermost: a piece for each step, which may be empty."""
    if not codings:
        yield data
        return
    outer, *inner = codings
    for piece in outer.undo(data):
        if piece and inner:
            yield from _decoded(piece, inner)
        else:
            yield piece


class _Coding(ABC):
    """One content coding of one body. `max_bytes` is of that body, however deep it lies."""

    def __init__(self, name: str, *, max_bytes: int) -> None:
        self.name, self._max_bytes, self._taken = name, max_bytes, 0

    def undo(self, data: bytes) -> Iterator[bytes]:
        """The next bytes decoded, in pieces, one for each step."""
        self._taken += len(data)
        # no coding makes a body larger than this; endless bytes that hold nothing are not taken in either
        if self._taken > self._max_bytes + self._max_bytes // 64 + PIECE_BYTES:
            raise _too_large(self._max_bytes)
        try:
            yield from self._steps(data)
        except (zlib.error, brotli.error):
            raise TransientError(f"the host's {self.name} is damaged") from None

    @property
    @abstractmethod
    def is_whole(self) -> bool:
        """Whether it has come to its end."""

    @abstractmethod
    def _steps(self, data: bytes) -> Iterator[bytes]: ...


class _Brotli(_Coding):
    """RFC 7932."""

    def __init__(self, name: str, *, max_bytes: int) -> None:
        super().__init__(name, max_bytes=max_bytes)
        self._stream = brotli.Decompressor()

    @property
    def is_whole(self) -> bool:
        return bool(self._stream.is_finished())

    def _steps(self, data: bytes) -> Iterator[bytes]:
        while data or not self._stream.is_finished():
            piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
            yield piece
            if len(piece) < PIECE_BYTES:  # a full piece may have left a rest inside, also where all input is taken
                return
            data = b""


class _Zlib(_Coding):
    """gzip (RFC 1952), of any number of members, and deflate. What comes behind the end is left out, as by browsers."""

    def __init__(self, name: str, *, max_bytes: int) -> None:
        super().__init__(name, max_bytes=max_bytes)
        self._head = b""  # a byte that is not enough to tell what begins with it
        self._member: zlib._Decompress | None = None
        self._ended, self._is_over = 0, False  # so many members have; there are no more

    @property
    def is_whole(self) -> bool:
        return self._ended > 0 and self._member is None and not self._head

    def _steps(self, data: bytes) -> Iterator[bytes]:
        data, self._head = self._head + data, b""
        while data and not self._is_over:
            if (member := self._member or self._begun(data)) is None:
                return
            yield from _inflated(member, data)
            self._member, data = (None, member.unused_data) if member.eof else (member, b"")
            self._ended += member.eof

    def _begun(self, data: bytes) -> "zlib._Decompress | None":
        """The member that begins with `data`; None: that cannot be told yet, or there is none."""
        head = data[:2]
        if self._ended > MOST_MEMBERS:
            raise PermanentError(f"the host packs its answer in more than {MOST_MEMBERS} parts")
        if self._ended and (self.name == "deflate" or not GZIP_MAGIC.startswith(head)):
            self._is_over = True
        elif len(head) < 2:
            self._head = data
        elif self.name == "deflate":
            # as it should be it has zlib's frame (RFC 1950, section 2.2), as many send it it has none
            has_frame = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head, "big") % 31 == 0
            return zlib.decompressobj(zlib.MAX_WBITS if has_frame else -zlib.MAX_WBITS)
        elif head == GZIP_MAGIC:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        else:
            raise PermanentError(f"the host says {self.name}, and sends something else")
        return None


def _inflated(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """What `data` holds of this member."""
    while True:
        piece = member.decompress(data, PIECE_BYTES)
        data = member.unconsumed_tail
        yield piece
        if member.eof or (not data and len(piece) < PIECE_BYTES):  # a full piece may have left a rest inside
            return


KNOWN: dict[str, type[_Coding]] = {"gzip": _Zlib, "x-gzip": _Zlib, "deflate": _Zlib, "br": _Brotli}


def _codings(content_encoding: str, max_bytes: int) -> list[_Coding]:
    """The codings that the header names, the one that was applied last, which is the outermost, first."""
    names = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in AS_IT_IS]
    if unknown := [name for name in names if name not in KNOWN]:
        shown = re.sub(r"[^!-~]", "?", unknown[0])[:40]
        raise PermanentError(f"the host packs its answer in a way that is not known: {shown}")
    if len(names) > MOST_CODINGS:
        raise PermanentError(f"the host packs its answer more than {MOST_CODINGS} times")
    return [KNOWN[name](name, max_bytes=max_bytes) for name in reversed(names)]
