"""An episode's audio onto the disk: in pieces, resumed where it broke off, whole or not at all.

Belongs here: requests with a range (RFC 9110, section 14), what makes two answers the same file, bounds of size and
time. Does not: where audio is kept (`shelf.py`), requests themselves (`http.py`), when to try again (`retry.py`).
What has come stands in the part file, and beside it, in `<part>.json`, what it is a part of; so a later run goes on
from there. A host is asked for the rest with `If-Range`: if its file is another one by now, as where advertisements
differ from one request to the next, it sends the whole of that, and what was there is let go.
"""

import asyncio
import hashlib
import logging
import os
import random
import re
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from inkwell_pipeline.addresses import without_query
from inkwell_pipeline.attempts import Sleep
from inkwell_pipeline.bodies import AS_IT_IS
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.files import read_bytes_now, replace_file_now, trouble
from inkwell_pipeline.hosts import without_secrets
from inkwell_pipeline.http import Http, Opened, Reply, reply_error
from inkwell_pipeline.models import Frozen
from inkwell_pipeline.retry import GiveUp, decide
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline.transcript.speech.ranges import content_range

__all__ = ["Downloaded", "Wanted", "download"]

HOP_BYTES = 1 << 20  # so many are worth a hop to a thread
NO_AUDIO = re.compile(
    r"text/(?!plain)|application/(?:json|xml|xhtml|rss|atom|pdf|javascript)|image/|[\w.-]+/[\w.-]+\+xml"
)
SLOW = "run again: it goes on from there; or raise `audio: {timeout_minutes}` in the config"
RANGE_REFUSED = frozenset({400, 405, 406, 412, 501})  # by hosts that do not know what one is
ASKS = {"Accept-Encoding": "identity"}  # a range is of the file, not of what a host makes of it
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What is fetched, for whom, and what it may be at most."""

    url: str
    headers: Mapping[str, str]
    feed: str
    episode: str  # its title
    max_bytes: int
    timeout_s: float


@dataclass(frozen=True)
class Downloaded:
    """A whole file: its digest in hexadecimal, its size, its media type in lower case ("": none was said)."""

    sha256: str
    size_bytes: int
    media_type: str


class _PartOf(Frozen):
    """What a part file is a part of; `etag` and `last_modified` as its host gave them."""

    url: str
    etag: str | None
    last_modified: str | None
    total_bytes: int | None
    media_type: str = ""

    @property
    def validator(self) -> str | None:
        """For `If-Range`: a strong ETag, else the date (RFC 9110, section 13.1.5); None: nothing can be resumed."""
        return self.etag if self.etag is not None and self.etag.startswith('"') else self.last_modified

    def is_other_than(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer is certainly of another file: proxies weaken an ETag, or leave it out."""
        etag, date = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
        if etag and self.etag:
            return etag.removeprefix("W/") != self.etag.removeprefix("W/")
        return bool(date and self.last_modified) and date != self.last_modified


@dataclass
class _Part:
    """The part file. All that is done with it blocks."""

    path: Path
    about: _PartOf | None = None
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    writing: threading.Lock = field(default_factory=threading.Lock)  # whoever is cancelled leaves a thread at work

    def load(self, url: str) -> None:
        """What an earlier run has left of the same file; else begins anew."""
        try:
            about = _PartOf.model_validate_json(read_bytes_now(self._beside) or b"")
        except ValidationError:
            about = None
        is_same = about is not None and without_query(about.url) == without_query(url)  # it may be signed anew
        if about is None or not is_same or about.validator is None or not self.path.exists():
            return
        with self.path.open("rb") as file:
            while data := file.read(HOP_BYTES):
                self.digest.update(data)
                self.size += len(data)
        self.about = about

    def begin(self, about: _PartOf) -> None:
        """Lets go of what is there; from now on it is a part of that."""
        self.drop()
        replace_file_now(self._beside, about.model_dump_json().encode(), durable=False, mode=0o600)
        self.about = about

    def open(self) -> BinaryIO | None:
        """To add to it; None, where it is not as it was left: somebody has taken it away."""
        file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        if os.fstat(file.fileno()).st_size == self.size:
            return file
        file.close()
        self.drop()
        return None

    def write(self, file: BinaryIO, data: bytes) -> None:
        with self.writing:
            file.write(data)
            file.flush()
            self.digest.update(data)
            self.size += len(data)

    def end(self, file: BinaryIO, rest: bytes) -> None:
        """What has come before a break is kept, too."""
        with file:
            self.write(file, rest)

    def drop(self) -> None:
        """Lets go of what is there."""
        self.path.unlink(missing_ok=True)
        self._beside.unlink(missing_ok=True)
        self.about, self.size, self.digest = None, 0, hashlib.sha256()

    @property
    def _beside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")


class _DiskTrouble(Exception):
    """The part file cannot be written: no host is to blame, and asking again is of no use."""

    def __init__(self, error: OSError) -> None:
        self.error = error


async def download(wanted: Wanted, part: Path, *, http: Http, clock: Clock, sleep: Sleep) -> Downloaded:
    """Fetches the whole of it into `part`, from where an earlier attempt or run broke off.

    A break after which there is more than before counts as none, so that a poor line comes to its end, within
    `timeout_s`. Raises: TransientError (the host, time, or this machine's disk), PermanentError (any other status, no
    audio, too large), with feed, episode and address; what has come stays where it can be of use.
    """
    began, begun = clock(), _Part(part)
    in_vain, most, chance = 0, 0, random.random()  # noqa: S311  not for a secret
    try:
        await in_thread(begun.load, wanted.url)
        while True:
            most = max(most, begun.size)
            left_s = wanted.timeout_s - (clock() - began).total_seconds()
            if left_s <= 0:
                raise _at(wanted, TransientError(f"not whole within {wanted.timeout_s / 60:.0f} minutes", todo=SLOW))
            try:
                return await _once(wanted, begun, http=http, left_s=left_s, now=clock())
            except TransientError as error:
                in_vain = 0 if begun.size > most else in_vain + 1  # what comes again is no progress
                decided = decide(attempts=max(1, in_vain), elapsed_s=0.0, asked_s=error.retry_after_s, chance=chance)
                if isinstance(decided, GiveUp):
                    raise
                where = f"after {begun.size / 1e6:.1f} MB"
                log.warning("%s; going on %s in %.1f s", error, where, decided.seconds)
                await sleep(decided.seconds)
    except _DiskTrouble as caught:
        await in_thread(begun.drop)  # so that there is room for others
        raise _at(wanted, trouble(caught.error, part, "write")) from caught.error
    except OSError as error:
        raise _at(wanted, trouble(error, part, "read")) from error


async def _once(wanted: Wanted, part: _Part, *, http: Http, left_s: float, now: datetime) -> Downloaded:
    """One request, for what is missing."""
    asks = dict(ASKS)
    if part.about is not None and part.about.validator is not None and part.size:
        if part.size == part.about.total_bytes:
            return _whole(part)
        asks |= {"Range": f"bytes={part.size}-", "If-Range": part.about.validator}

    async def take(answer: Opened) -> Downloaded:
        await _prepare(answer, wanted, part, now=now)
        await _write(answer, wanted, part)
        assert part.about is not None
        total = part.about.total_bytes
        if total is not None and part.size != total:
            raise TransientError(f"the host broke off after {part.size} of {total} bytes")
        if part.size == 0:
            raise TransientError("the host sends an empty file")
        return _whole(part)

    return await http.stream(
        wanted.url,
        take,
        headers={**wanted.headers, **asks},
        feed=wanted.feed,
        episode=wanted.episode,
        whole_s=left_s,
    )


def _whole(part: _Part) -> Downloaded:
    assert part.about is not None
    return Downloaded(part.digest.hexdigest(), part.size, part.about.media_type)


async def _prepare(answer: Opened, wanted: Wanted, part: _Part, *, now: datetime) -> None:
    """Sees what the answer is, and begins the part anew where it is the whole file."""
    if answer.status == 416:  # the file is shorter than what is there
        await in_thread(part.drop)
        raise TransientError("the host's file is another one by now")
    if answer.status in RANGE_REFUSED and part.size:
        await in_thread(part.drop)
        raise TransientError(f"the host answers {answer.status} to a part of its file")
    if answer.status not in (200, 206):
        raise reply_error(Reply(answer.status, b"", answer.url, answer.headers, None), now=now)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if NO_AUDIO.match(media_type):
        raise PermanentError(f"the host sends {re.sub('[^!-~]', '?', media_type)[:60]} where the audio should be")
    codings = {coding.strip().lower() for coding in answer.headers.get("content-encoding", "").split(",")}
    if not codings <= AS_IT_IS:
        raise PermanentError("the host packs the audio, though it was asked not to")
    begins, total = content_range(answer)
    if total is not None and total > wanted.max_bytes:
        raise await _too_large(wanted, part)
    if answer.status == 206 and (part.size or begins):
        await _go_on(answer, part, begins, total)
        return
    free = (await in_thread(shutil.disk_usage, part.path.parent)).free
    if total is not None and total > free:
        says = f"the audio is {total / 1e6:.0f} MB, and the disk of {part.path.parent} has {free / 1e6:.0f} MB left"
        raise PermanentError(says, todo="make room on that disk, then run again")
    about = _PartOf(
        url=wanted.url,
        etag=answer.headers.get("etag", "").strip() or None,
        last_modified=answer.headers.get("last-modified", "").strip() or None,
        total_bytes=total,
        media_type=media_type,
    )
    try:
        await in_thread(part.begin, about)
    except OSError as error:
        raise _DiskTrouble(error) from error


async def _go_on(answer: Opened, part: _Part, begins: int, total: int | None) -> None:
    """Sees that the answer is the rest of the same file: where it begins, how long all is, and its validator."""
    about = part.about
    is_same = about is not None and begins == part.size and not about.is_other_than(answer.headers)
    known = None if about is None else about.total_bytes
    if not is_same or about is None or (known is None and total is None) or (total or known) != (known or total):
        await in_thread(part.drop)
        raise TransientError("the host sends another part than it was asked for")
    part.about = about.model_copy(update={"total_bytes": known or total})


async def _write(answer: Opened, wanted: Wanted, part: _Part) -> None:
    waiting = bytearray()
    try:
        if (file := await in_thread(part.open)) is None:
            raise TransientError("what was there of it is gone")
        try:
            async for piece in answer.pieces:
                waiting += piece
                if part.size + len(waiting) > wanted.max_bytes:
                    waiting.clear()
                    raise await _too_large(wanted, part)
                if len(waiting) >= HOP_BYTES:
                    data = bytes(waiting)
                    waiting.clear()
                    await in_thread(part.write, file, data)
                else:
                    await asyncio.sleep(0)
        finally:
            await in_thread(part.end, file, bytes(waiting))
    except OSError as error:
        raise _DiskTrouble(error) from error


async def _too_large(wanted: Wanted, part: _Part) -> InkwellError:
    await in_thread(part.drop)
    todo = "raise `audio: {max_mb}` in the config, if you want it"
    return PermanentError(f"the audio is larger than {wanted.max_bytes / 1e6:.0f} MB", todo=todo)


def _at(wanted: Wanted, error: InkwellError) -> InkwellError:
    return error.at(feed=wanted.feed, episode=wanted.episode, url=without_secrets(wanted.url))
