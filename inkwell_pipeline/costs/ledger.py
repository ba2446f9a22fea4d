"""What was paid: a line of JSON a request, in a file a month, `<data_dir>/ledger/2026-11.jsonl`.

Belongs here: the rows, writing and reading them. Does not: prices (`prices.py`), what a budget allows (`budget.py`),
tables (`table.py`).
Lines, not one JSON document: a row is added without reading or rewriting those before it, by any number of processes
at once, and one that a dying machine tore costs itself alone. Rows are never changed. A month is UTC's, and that in
which a request began: what was held for it and what it cost stand in one file.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, assert_never

from inkwell_pipeline.costs.prices import Usage
from inkwell_pipeline.files import append_line_now, read_from_now
from inkwell_pipeline.threads import computed, in_thread

__all__ = ["Entry", "Hold", "Ledger", "Release", "Row", "Tail"]

VERSION = 1
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One request: what it was for, what its provider counted, what it cost in USD (None: unknown)."""

    id: str  # ours, unique: the same as that of the Hold before it
    time: datetime  # aware, UTC: when it was sent
    run: str
    feed: str
    episode: str  # its key
    template: str
    model: str
    usage: Usage
    cost_usd: Decimal | None
    request_id: str | None = None  # the provider's
    error: str | None = None  # why it has no answer
    held_usd: Decimal | None = None  # what was held for it; what it counts for where its cost is unknown
    audio_s: float | None = None  # seconds of audio that it was to make a transcript of; None: it was about a text


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for a request that is about to be sent. `holder`: its process; a dead one never settles it."""

    id: str
    time: datetime
    run: str
    usd: Decimal
    holder: str
    longest_s: float | None = None  # after which nobody settles it any more; None: as for a model's request


@dataclass(frozen=True, slots=True)
class Release:
    """A hold set free, for its request was never sent. `time` is the hold's."""

    id: str
    time: datetime


Entry = Row | Hold | Release


@dataclass(frozen=True, slots=True)
class Tail:
    """What stands in a month's file from some byte on. `damaged`: the numbers of lines that are no rows, from 1."""

    rows: tuple[Entry, ...]
    ends_at: int  # the byte after the last whole line
    lines: int  # whole lines up to there
    damaged: tuple[int, ...]


class Ledger:
    """The rows of all months. Any number of tasks, threads and processes may add and read at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def add(self, row: Entry) -> None:
        """Writes a row; it lasts when this returns. Raises: TransientError, with the path."""
        await in_thread(append_line_now, self.month_file(row.time), _line(row))

    async def tail(self, month: Path, *, begins_at: int = 0, lines: int = 0) -> Tail:
        """The rows from that byte on, before which there are so many lines. Raises: TransientError, with the path."""
        data = await in_thread(read_from_now, month, begins_at)
        return await computed(_tail, data, begins_at, lines)

    def month_file(self, time: datetime) -> Path:
        """Where the rows of that time's month are."""
        return self.folder / f"{time.astimezone(UTC):%Y-%m}.jsonl"

    async def months(self) -> list[Path]:
        """The files that there are, oldest first."""
        return await in_thread(lambda: sorted(self.folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl")))


def _tail(data: bytes, begins_at: int, lines: int) -> Tail:
    """Pure. The last line, where it does not end, is left for later: somebody may be writing it."""
    whole = data[: data.rfind(b"\n") + 1]
    rows: list[Entry] = []
    damaged: list[int] = []
    count = lines
    for count, line in enumerate(_lines(whole), start=lines + 1):
        if not line:
            continue
        row = _row(line)
        if row is None:
            damaged.append(count)
        else:
            rows.append(row)
    return Tail(tuple(rows), begins_at + len(whole), count, tuple(damaged))


def _lines(data: bytes) -> Iterator[bytes]:
    """Lines without their ends; a piece at a time, since a split of 40 MB keeps the GIL."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end].strip()
        start = end + 1


def _line(row: Entry) -> bytes:
    said: dict[str, Any] = {"version": VERSION, "id": row.id, "time": row.time.astimezone(UTC).isoformat()}
    match row:
        case Release():
            said |= {"kind": "release"}
        case Hold():
            said |= {"kind": "hold", "run": row.run, "usd": str(row.usd), "holder": row.holder}
            said |= {} if row.longest_s is None else {"longest_s": row.longest_s}
        case Row():
            said |= {
                "kind": "request",
                **{name: getattr(row, name) for name in ("run", "feed", "episode", "template", "model")},
                "input_tokens": row.usage.input,
                "cache_write_tokens": row.usage.cache_write,
                "cache_read_tokens": row.usage.cache_read,
                "output_tokens": row.usage.output,
                "cost_usd": None if row.cost_usd is None else str(row.cost_usd),
                "request_id": row.request_id,
                **({"error": row.error} if row.error else {}),
                **({} if row.held_usd is None else {"held_usd": str(row.held_usd)}),
                **({} if row.audio_s is None else {"audio_s": round(row.audio_s, 3)}),
            }
        case _:
            assert_never(row)
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")


def _row(line: bytes) -> Entry | None:
    """None for what is no row: torn, or another program's."""
    try:
        said = json.loads(line)
        if said["version"] != VERSION:
            return None
        time = datetime.fromisoformat(said["time"]).astimezone(UTC)
        match said["kind"]:
            case "hold":
                longest_s = None if said.get("longest_s") is None else float(said["longest_s"])
                usd = _usd(said["usd"])
                return Hold(_text(said, "id"), time, _text(said, "run"), usd, _text(said, "holder"), longest_s)
            case "release":
                return Release(_text(said, "id"), time)
            case "request":
                return _request(said, time)
            case _:
                return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidOperation):
        return None


def _request(said: dict[str, Any], time: datetime) -> Row:
    return Row(
        id=_text(said, "id"),
        time=time,
        run=_text(said, "run"),
        feed=_text(said, "feed"),
        episode=_text(said, "episode"),
        template=_text(said, "template"),
        model=_text(said, "model"),
        usage=Usage(*_counts(said, ("input_tokens", "cache_write_tokens", "cache_read_tokens", "output_tokens"))),
        cost_usd=None if said["cost_usd"] is None else _usd(said["cost_usd"]),
        request_id=said.get("request_id"),
        error=said.get("error"),
        held_usd=None if said.get("held_usd") is None else _usd(said["held_usd"]),
        audio_s=None if said.get("audio_s") is None else float(said["audio_s"]),
    )


def _text(said: dict[str, Any], name: str) -> str:
    if not isinstance(said[name], str):
        raise TypeError(name)
    text: str = said[name]
    return text


def _usd(text: str) -> Decimal:
    """Raises: ValueError, for what is no amount: `NaN` would be in every sum."""
    amount = Decimal(text)
    if not amount.is_finite() or amount < 0:
        raise ValueError(text)
    return amount


def _counts(said: dict[str, Any], names: Iterable[str]) -> Iterator[int]:
    for name in names:
        if type(said[name]) is not int or said[name] < 0:
            raise ValueError(name)
        yield said[name]
