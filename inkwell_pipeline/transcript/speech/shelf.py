"""Episodes' audio on the disk, `<data_dir>/audio/<feed>/<key>.mp3`, and what is known of it when it is gone.

Belongs here: where a file lies, when it is whole, what is noted of it, what is swept away. Does not: fetching
(`download.py`), hearing (`hearing.py`).
`<key>.json` says whose address had which bytes: with it an episode whose transcript is in the cache needs no audio. A
file has its name only when it is whole.
"""

import asyncio
import hashlib
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import ValidationError

from inkwell_pipeline.addresses import without_query
from inkwell_pipeline.attempts import Sleep
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.credentials import own_header
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import read_bytes_now, replace_file_now, temporary_name, trouble
from inkwell_pipeline.hosts import without_secrets
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Episode, Frozen
from inkwell_pipeline.processes import may_live
from inkwell_pipeline.settings import DAY_S, AudioSettings, FeedSettings
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline.transcript.speech.download import Downloaded, Wanted, download
from inkwell_pipeline.transcript.speech.hearer import Audio
from inkwell_pipeline.transcript.speech.length import is_stated, length_s

__all__ = ["AudioShelf", "Known"]

HOP_BYTES = 1 << 20
ABANDONED_S = 7 * DAY_S  # after which audio that nobody made a transcript of goes
SUFFIXES = frozenset(
    {".mp3", ".m4a", ".mp4", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".webm", ".mov", ".m4v"}
)
BY_TYPE = {
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/m4a": ".m4a",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/flac": ".flac",
    "audio/x-flac": ".flac",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/webm": ".webm",
    "video/mp4": ".mp4",
    "video/x-m4v": ".m4v",
    "video/quicktime": ".mov",
}


class Known(Frozen):
    """What was at the episode's address when it was fetched. `stated_bytes`: what the feed said of it then."""

    version: int = 1
    url: str
    sha256: str
    size_bytes: int
    duration_s: float | None
    suffix: str
    stated_bytes: int | None = None
    changed_ns: int | None = None  # when a file beside the feed was changed last


class AudioShelf:
    """The audio of all feeds' episodes. One of a run at a time works on an episode (`hearing.py`)."""

    def __init__(
        self, folder: Path, *, http: Http, limits: AudioSettings, keep: bool, clock: Clock, sleep: Sleep
    ) -> None:
        self._folder, self._http, self._limits, self._keep = folder, http, limits, keep
        self._clock, self._sleep = clock, sleep

    async def known(self, episode: Episode) -> Known | None:
        """What is known of the audio at the episode's present address; None: it is still to be fetched."""
        return await in_thread(self._known, episode)

    async def fetch(self, episode: Episode, feed: FeedSettings) -> Audio:
        """The episode's audio, whole.

        Raises: TransientError, PermanentError, with feed, episode and address.
        """
        assert episode.audio_url is not None
        if episode.audio_url.startswith("file:"):
            return await self._beside_feed(episode, feed)
        known = await self.known(episode)
        if known is not None and await in_thread(self._is_there, episode, known):
            return _audio(self._path(episode, known.suffix), known)
        try:
            await in_thread(self._make_folder, episode)
            wanted = Wanted(
                episode.audio_url,
                own_header(feed, episode.audio_url),
                feed.name,
                episode.title,
                max_bytes=int(self._limits.max_mb * 1_000_000),
                timeout_s=self._limits.timeout_minutes * 60,
            )
            part = self._path(episode, ".part")
            got = await download(wanted, part, http=self._http, clock=self._clock, sleep=self._sleep)
            known = await in_thread(self._put, episode, part, got)
        except OSError as error:
            raise trouble(error, self._folder, "write").at(feed=feed.name, episode=episode.title, url=None) from error
        return _audio(self._path(episode, known.suffix), known)

    async def let_go(self, episode: Episode) -> None:
        """The transcript is stored: the audio goes, unless the config keeps it."""
        if not self._keep:
            await in_thread(self._let_go, episode)

    @asynccontextmanager
    async def room(self, audio: Audio, key: str) -> AsyncIterator[Audio]:
        """A folder of its own, with the audio in it; gone afterwards. Raises: TransientError."""
        folder = self._folder / "work" / temporary_name()
        placing = asyncio.ensure_future(in_thread(_placed, audio, folder / f"{key}{audio.path.suffix}"))
        try:
            try:
                placed = await asyncio.shield(placing)
            except OSError as error:
                raise trouble(error, folder, "write") from error
            yield placed
        finally:
            await asyncio.wait([placing])
            await in_thread(shutil.rmtree, folder, ignore_errors=True)

    async def sweep(self) -> None:
        """Removes what killed runs have left at work, and audio that nobody made a transcript of for a week."""
        await in_thread(self._sweep)

    async def _beside_feed(self, episode: Episode, feed: FeedSettings) -> Audio:
        """A feed that is itself a file may name files beside it; the feed's reader has refused all others."""
        path = _beside_feed(episode)
        try:
            if (known := await self.known(episode)) is not None:
                return _audio(path, known)
            if not isinstance(feed.source, Path) or not await in_thread(path.is_file):
                raise PermanentError(f"there is no file {path}", feed=feed.name, episode=episode.title)
            known = await in_thread(_looked_at, path, episode)
            await in_thread(self._note, episode, known)
        except OSError as error:
            raise trouble(error, path, "read").at(feed=feed.name, episode=episode.title, url=None) from error
        return _audio(path, known)

    def _put(self, episode: Episode, part: Path, got: Downloaded) -> Known:
        """Noted first: whoever is cut short in between finds the part whole."""
        with part.open("rb") as file:
            if file.read(64).lstrip()[:1] == b"<":
                self._let_go(episode)
                where = {
                    "feed": episode.feed,
                    "episode": episode.title,
                    "url": without_secrets(episode.audio_url or ""),
                }
                raise PermanentError("the host sends a page where the audio should be", **where)
        suffix = _suffix(episode.audio_url or "", got.media_type)
        known = Known(
            url=episode.audio_url or "",
            sha256=got.sha256,
            size_bytes=got.size_bytes,
            duration_s=length_s(part, suffix) or episode.duration_s,
            suffix=suffix,
            stated_bytes=episode.audio_bytes,
        )
        self._note(episode, known)
        part.replace(self._path(episode, suffix))
        part.with_name(f"{part.name}.json").unlink(missing_ok=True)
        return known

    def _note(self, episode: Episode, known: Known) -> None:
        replace_file_now(self._path(episode, ".json"), known.model_dump_json().encode(), mode=0o600)

    def _known(self, episode: Episode) -> Known | None:
        try:
            known = Known.model_validate_json(read_bytes_now(self._path(episode, ".json")) or b"")
        except ValidationError:
            return None
        if known.url != episode.audio_url and not _is_same_again(known, episode):
            return None
        if known.changed_ns is not None and known.changed_ns != _changed_ns(_beside_feed(episode)):
            return None
        return known

    def _is_there(self, episode: Episode, known: Known) -> bool:
        try:
            return self._path(episode, known.suffix).stat().st_size == known.size_bytes
        except OSError:
            return False

    def _make_folder(self, episode: Episode) -> None:
        self._path(episode, ".part").parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _let_go(self, episode: Episode) -> None:
        with suppress(OSError):  # what cannot be deleted now is swept later
            for suffix in (*SUFFIXES, ".part", ".part.json"):
                self._path(episode, suffix).unlink(missing_ok=True)

    def _sweep(self) -> None:
        now_s = time.time()
        with suppress(OSError):
            for folder in (self._folder / "work").glob(".*"):
                # a hearing takes hours: its folder's age says nothing, but that a number may be another process's
                is_old = now_s - folder.stat().st_mtime > ABANDONED_S
                if is_old or not may_live(folder.name.removeprefix(".").rpartition("-")[0]):
                    shutil.rmtree(folder, ignore_errors=True)
        if self._keep:
            return
        with suppress(OSError):
            for path in self._folder.glob("*/*"):
                if _is_of_episode(path) and now_s - path.stat().st_mtime > ABANDONED_S:
                    path.unlink(missing_ok=True)

    def _path(self, episode: Episode, suffix: str) -> Path:
        return self._folder / episode.feed / f"{episode.key}{suffix}"


def _is_of_episode(path: Path) -> bool:
    """Audio or a part of it, and nothing that somebody else has put there."""
    key, _, rest = path.name.partition(".")
    ours = f".{rest}" in SUFFIXES or rest in ("part", "part.json")
    return ours and re.fullmatch(r"[0-9a-f]{16}", key) is not None


def _audio(path: Path, known: Known) -> Audio:
    return Audio(path, known.sha256, known.size_bytes, known.duration_s)


def _suffix(url: str, media_type: str) -> str:
    """What programs and services tell the form by: the address's own, else by the media type."""
    named = PurePosixPath(urlsplit(url).path).suffix.lower()
    return named if named in SUFFIXES else BY_TYPE.get(media_type, ".mp3")


def _looked_at(path: Path, episode: Episode) -> Known:
    digest = hashlib.sha256()
    for data in _pieces(path):
        digest.update(data)
    return Known(
        url=episode.audio_url or "",
        sha256=digest.hexdigest(),
        size_bytes=path.stat().st_size,
        duration_s=length_s(path, path.suffix.lower()) or episode.duration_s,
        suffix=path.suffix.lower(),
        changed_ns=_changed_ns(path),
    )


def _is_same_again(known: Known, episode: Episode) -> bool:
    """Private feeds sign their addresses anew each time; the length that is stated tells that it is the same file."""
    is_same = is_stated(episode.audio_bytes) and known.stated_bytes == episode.audio_bytes
    return is_same and without_query(known.url) == without_query(episode.audio_url or "")


def _beside_feed(episode: Episode) -> Path:
    return Path(url2pathname(urlsplit(episode.audio_url or "").path))


def _changed_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(HOP_BYTES):
            yield data


def _placed(audio: Audio, path: Path) -> Audio:
    path.parent.mkdir(mode=0o700, parents=True)
    try:
        os.link(audio.path, path)
    except OSError:  # another file system, or one without links
        path.symlink_to(audio.path)
    return Audio(path, audio.sha256, audio.size_bytes, audio.duration_s)
