"""The ledger summed up: by feed, model, template or month. Pure but for `history`.

Belongs here: groups and sums. Does not: printing (`cli/costs.py`), plots (`defs/spending.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, assert_never, get_args

from inkwell_pipeline.costs.ledger import Hold, Ledger, Release, Row, Tail
from inkwell_pipeline.threads import computed

__all__ = ["GROUPINGS", "By", "History", "Line", "grouped", "history", "total"]

By = Literal["feed", "model", "template", "month"]
GROUPINGS: tuple[By, ...] = get_args(By)


@dataclass(frozen=True)
class History:
    """All requests, oldest first; what is held by requests that never came to an end, in USD; a line for each loss."""

    rows: tuple[Row, ...]
    held_usd: Decimal
    damaged: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """What a group of requests came to. `input_tokens` holds the cached ones; `unpriced` have no known cost."""

    name: str
    requests: int
    failed: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal
    unpriced: int


async def history(ledger: Ledger) -> History:
    """All months. Raises: TransientError, where a file cannot be read."""
    months = [(month, await ledger.tail(month)) for month in await ledger.months()]
    return await computed(_history, months)


def _history(months: Sequence[tuple[Path, Tail]]) -> History:
    rows: list[Row] = []
    held: dict[str, Decimal] = {}
    for _, tail in months:
        for entry in tail.rows:
            match entry:
                case Hold():
                    held[entry.id] = entry.usd
                case Release():
                    held.pop(entry.id, None)
                case Row():
                    held.pop(entry.id, None)
                    rows.append(entry)
                case _:
                    assert_never(entry)
    damaged = (f"{month}:{line}: is no row, and left out" for month, tail in months for line in tail.damaged)
    return History(tuple(rows), sum(held.values(), Decimal(0)), tuple(damaged))


def grouped(rows: Iterable[Row], by: By) -> list[Line]:
    """A line for each group: months in their order, all else the dearest first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_group(row, by), []).append(row)
    lines = [total(members, name) for name, members in groups.items()]
    return sorted(lines, key=lambda line: line.name if by == "month" else (-line.cost_usd, line.name))


def total(rows: Sequence[Row], name: str = "all") -> Line:
    """The sum of all."""
    return Line(
        name=name,
        requests=len(rows),
        failed=sum(row.error is not None for row in rows),
        input_tokens=sum(row.usage.input for row in rows),
        cached_tokens=sum(row.usage.cache_read for row in rows),
        output_tokens=sum(row.usage.output for row in rows),
        cost_usd=sum((row.cost_usd for row in rows if row.cost_usd is not None), Decimal(0)),
        unpriced=sum(row.cost_usd is None for row in rows),
    )


def _group(row: Row, by: By) -> str:
    return f"{row.time:%Y-%m}" if by == "month" else str(getattr(row, by))
