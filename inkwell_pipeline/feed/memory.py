"""What is remembered of feeds between two requests, as files in `<data_dir>/feeds`.

Belongs here: `<feed>.json` (the state), `<feed>.<first of its SHA-256>.xml` (the last body, byte for byte),
`<feed>.episodes.json` (what was read of it), and the lock that lets one at a time ask for a feed. Does not: what any of
it means (`state.py`, `present.py`). All of it may be lost: the host is then asked without conditions.

The state names its body, and is written after it; an older body goes after that. So whenever a write is cut short,
the state and the body that it names stand there together.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from inkwell_pipeline.feed.present import READER, Present
from inkwell_pipeline.feed.state import FeedState
from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.locks import held
from inkwell_pipeline.models import Frozen
from inkwell_pipeline.threads import in_thread

__all__ = ["FeedMemory"]

M = TypeVar("M", bound=Frozen)
PRIVATE = 0o600  # addresses may hold secrets
log = logging.getLogger(__name__)


class FeedMemory:
    """States, last bodies and what was read of them, by feed. Raises: TransientError, with the path."""

    def __init__(self, data_dir: Path) -> None:
        self._folder, self._locks = data_dir / "feeds", data_dir / "locks"

    @asynccontextmanager
    async def turn(self, feed: str) -> AsyncIterator[None]:
        """Nobody else asks for this feed meanwhile, in any process."""
        async with held(self._locks / f"feed-{feed}.lock"):
            yield

    async def state(self, feed: str) -> FeedState | None:
        """None where it was never asked for, or what is remembered is damaged; with a warning."""
        return await in_thread(self._read, FeedState, self._folder / f"{feed}.json")

    async def present(self, feed: str) -> Present | None:
        """What the last body held; None where that is not known, or was read by another version."""
        found = await in_thread(self._read, Present, self._folder / f"{feed}.episodes.json")
        return found if found is not None and found.reader == READER else None

    async def body(self, feed: str, digest: str) -> bytes | None:
        """The body with this SHA-256; None where it is not there, or damaged."""
        return await in_thread(self._body, feed, digest)

    async def save(
        self, feed: str, state: FeedState, *, body: bytes | None = None, present: Present | None = None
    ) -> None:
        """Keeps the state; with the body that it names, and what was read of that, where they are given."""
        await in_thread(self._save, feed, state, body, present)

    def _save(self, feed: str, state: FeedState, body: bytes | None, present: Present | None) -> None:
        if body is not None and state.body is not None:
            replace_file_now(self._path(feed, state.body), body, mode=PRIVATE)
        if present is not None:
            path, data = self._folder / f"{feed}.episodes.json", present.model_dump_json().encode()
            if read_bytes_now(path) != data:
                replace_file_now(path, data, mode=PRIVATE)
        replace_file_now(self._folder / f"{feed}.json", state.model_dump_json(indent=1).encode(), mode=PRIVATE)
        if body is not None and state.body is not None:
            self._forget_bodies(feed, but=self._path(feed, state.body))

    def _forget_bodies(self, feed: str, *, but: Path) -> None:
        # a feed's name has no dot: `a` does not take the bodies of `a.b`
        for path in self._folder.glob(f"{feed}.*.xml"):
            if path != but:
                path.unlink(missing_ok=True)

    def _body(self, feed: str, digest: str) -> bytes | None:
        data = read_bytes_now(self._path(feed, digest))
        return data if data is not None and sha256(data).hexdigest() == digest else None

    def _path(self, feed: str, digest: str) -> Path:
        return self._folder / f"{feed}.{digest[:16]}.xml"

    def _read(self, model: type[M], path: Path) -> M | None:
        if (data := read_bytes_now(path)) is None:
            return None
        try:
            return model.model_validate_json(data)
        except ValidationError:
            log.warning("%s is damaged, or of another version, and is made anew", path)
            return None
