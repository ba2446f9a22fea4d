"""Whether a listener's audio is the one that the publisher's transcript was made of: advertisements move the clock.

Belongs here: what the feed states of the audio against what its host serves, the one small request that tells, and
what is remembered of it. Does not: how a time that is only near is shown (`notes/`).
The first 64 KB say how long most files are; nobody counts so little as a listener.
"""

import io
import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from inkwell_pipeline.addresses import without_query
from inkwell_pipeline.credentials import own_header
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.http import Http, Opened
from inkwell_pipeline.models import Episode, Frozen
from inkwell_pipeline.replies import TRANSIENT_STATUSES
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline.timecode import timecode
from inkwell_pipeline.transcript.speech.length import is_stated, length_of
from inkwell_pipeline.transcript.speech.ranges import content_range

__all__ = ["Clockwork", "Served", "drift"]

HEAD_BYTES = 65_536
TOLERANCE_S = 3.0  # stated durations are whole seconds, and encoders add a little
OF_MINUTES_S = 60.0  # where a duration is stated in whole minutes
TOLERANCE = 0.01  # of the bytes, where nobody knows how long they last
PROBE_S = 30.0
ID3V1_BYTES = 128
log = logging.getLogger(__name__)


class Served(Frozen):
    """What the host serves at an episode's address, as far as it says; and what the feed stated when it was asked."""

    version: int = 1
    url: str
    stated_bytes: int | None
    stated_s: int | None
    size_bytes: int | None
    duration_s: float | None

    def is_of(self, episode: Episode) -> bool:
        """Whether nothing of the episode has changed since."""
        now = (without_query(episode.audio_url or ""), episode.audio_bytes, episode.duration_s)
        return (without_query(self.url), self.stated_bytes, self.stated_s) == now  # an address may be signed anew


def drift(served: Served) -> str | None:
    """Why times may be off, for people; None: nothing speaks for it. Pure.

    Where both durations are known they count alone: a picture in the file's tags, or another bit rate, changes its
    length and not its times.
    """
    stated_s, stated_bytes = served.stated_s, served.stated_bytes
    if stated_s and served.duration_s:
        tolerance_s = OF_MINUTES_S if stated_s % 60 == 0 else TOLERANCE_S
        if abs(served.duration_s - stated_s) <= tolerance_s:
            return None
        return f"the feed says {timecode(stated_s)}, the host serves {timecode(served.duration_s)}"
    if stated_bytes is None or not is_stated(stated_bytes) or served.size_bytes is None:
        return None
    off = abs(served.size_bytes - stated_bytes)
    length_s = served.duration_s or stated_s
    is_off = (
        off / served.size_bytes * length_s > TOLERANCE_S
        if length_s and served.size_bytes
        else off > TOLERANCE * stated_bytes
    )
    return f"the feed says {stated_bytes:,} bytes, the host serves {served.size_bytes:,}" if is_off else None


class _Refused(PermanentError):
    """The host's own word, which is remembered."""


@dataclass(frozen=True)
class Clockwork:
    """Compares, and remembers: a host is asked once for what a feed states of an episode."""

    folder: Path
    http: Http

    async def drift_of(self, episode: Episode, feed: FeedSettings) -> str | None:
        """Why the times of the episode's transcript are only near; None: they are right, or nobody can tell."""
        if not _is_worth_asking(episode, feed):
            return None
        path = self.folder / episode.feed / f"{episode.key}.served.json"
        try:
            if (known := await in_thread(_read, path)) is None or not known.is_of(episode):
                known = await self._asked(episode, feed)
                await in_thread(replace_file_now, path, known.model_dump_json().encode(), mode=0o600)
        except InkwellError as error:
            log.info("%s; whether its times are right cannot be told", error)
            return None
        return drift(known)

    async def _asked(self, episode: Episode, feed: FeedSettings) -> Served:
        """Raises: InkwellError, after which the next run asks again."""
        size, duration_s = None, None
        try:
            size, duration_s = await self._probed(episode, feed)
        except _Refused as error:
            log.info("%s; whether its times are right cannot be told", error)
        return Served(
            url=episode.audio_url or "",
            stated_bytes=episode.audio_bytes,
            stated_s=episode.duration_s,
            size_bytes=size,
            duration_s=duration_s,
        )

    async def _probed(self, episode: Episode, feed: FeedSettings) -> tuple[int | None, float | None]:
        assert episode.audio_url is not None
        headers = {
            **own_header(feed, episode.audio_url),
            "Accept-Encoding": "identity",
            "Range": f"bytes=0-{HEAD_BYTES - 1}",
        }

        async def take(answer: Opened) -> tuple[int | None, bytes]:
            if answer.status not in (200, 206):
                kind = TransientError if answer.status in TRANSIENT_STATUSES else _Refused
                raise kind(f"the host answers {answer.status}")
            _, size = content_range(answer)
            head = b""
            async for piece in answer.pieces:
                head += piece
                if len(head) >= HEAD_BYTES:
                    break
            return size, head

        size, head = await self.http.stream(
            episode.audio_url, take, headers=headers, feed=feed.name, episode=episode.title, whole_s=PROBE_S
        )
        if size is None:
            return None, None
        return size, await in_thread(length_of, _Beginning(head, size), "")


def _is_worth_asking(episode: Episode, feed: FeedSettings) -> bool:
    """Something is stated, and the feed is not a file, beside which nothing is served."""
    if episode.audio_url is None or not episode.audio_url.startswith("http") or isinstance(feed.source, Path):
        return False
    return bool(episode.duration_s) or is_stated(episode.audio_bytes)


def _read(path: Path) -> Served | None:
    try:
        return Served.model_validate_json(read_bytes_now(path) or b"")
    except ValidationError:
        return None


class _Beginning(io.BytesIO):
    """The first bytes of a file, as a file of its whole size. Whoever reads beyond them gets an error, not the end.

    The last bytes are as if there were no tags of ID3v1, which are looked for there and do not matter.
    """

    def __init__(self, head: bytes, size: int) -> None:
        super().__init__(head)
        self._head_bytes, self._size, self._at = len(head), size, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        super().seek(min(self._at, self._head_bytes))
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        if self._at + wanted > self._head_bytes:
            if left > ID3V1_BYTES:
                raise ValueError("it is further on than the bytes that are here")
            self._at += wanted
            return bytes(wanted)
        found = super().read(wanted)
        self._at += len(found)
        return found
