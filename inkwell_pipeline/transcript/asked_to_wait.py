"""What hosts have asked to be left alone, for all runs: a transcript's `Retry-After` that a run did not wait for.

Belongs here: a small file for each, `<data_dir>/holds/<digest>`, gone when its time is. Does not: waits within a run
(`attempts.py`), and a feed's own hold (`feed/state.py`).
A run that waits for another's turn at an episode would else ask in the very moment in which the host has said no.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.retry import at

__all__ = ["ask_to_wait_now", "check_asked_now"]


def check_asked_now(folder: Path, name: str, *, now: datetime) -> None:
    """Blocks. Raises: TransientError, where what has this name is to be left alone for now."""
    path = _path(folder, name)
    try:
        until = datetime.fromisoformat((read_bytes_now(path) or b"").decode()).astimezone(UTC)
    except ValueError:  # there is none, or it is damaged
        return
    if until > now:
        raise TransientError(f"the host asks to wait until {at(until, now=now)}", todo="run again then")
    with suppress(OSError):
        path.unlink()


def ask_to_wait_now(folder: Path, name: str, seconds: float, *, now: datetime) -> None:
    """Notes what a host asks for. Blocks."""
    with suppress(OverflowError, InkwellError):  # a time that nobody lives to see; a disk that is full
        until = now + timedelta(seconds=seconds)
        replace_file_now(_path(folder, name), until.isoformat().encode(), durable=False, mode=0o600)


def _path(folder: Path, name: str) -> Path:
    return folder / sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
