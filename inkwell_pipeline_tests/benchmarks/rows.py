"""Rows of a table: what was measured of each, in rounds that take turns, and their medians in print.

Belongs here: medians, percentiles, ratios, columns, what was asked. Does not: measuring.
"""

import math
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Figures", "Row", "in_turn", "percentile", "print_lines", "table", "verdict"]


@dataclass(frozen=True)
class Figures:
    """One measurement, in seconds. None, or nothing: it makes no sense for this row."""

    ops: int
    took_s: float
    longest_stall_s: float | None = None
    blocked_share: float | None = None
    waits_s: Sequence[float] = ()  # of operations that were awaited by themselves, one after the other


@dataclass
class Row:
    """All measurements of a row."""

    name: str
    rounds: list[Figures] = field(default_factory=list)

    @property
    def ops_per_s(self) -> float:
        return statistics.median(one.ops / one.took_s for one in self.rounds)

    @property
    def took_s(self) -> float:
        return statistics.median(one.took_s for one in self.rounds)

    @property
    def longest_stall_s(self) -> float | None:
        """The median of each round's longest."""
        stalls = [one.longest_stall_s for one in self.rounds if one.longest_stall_s is not None]
        return statistics.median(stalls) if stalls else None

    @property
    def blocked_share(self) -> float | None:
        shares = [one.blocked_share for one in self.rounds if one.blocked_share is not None]
        return statistics.median(shares) if shares else None

    def wait_s(self, share: float) -> float | None:
        """So long, at most, did that share of the operations take."""
        waits = [wait for one in self.rounds for wait in one.waits_s]
        return percentile(waits, share) if waits else None


def in_turn(measures: Mapping[str, Callable[[], Figures]], *, rounds: int) -> dict[str, Row]:
    """Each row measured so often, the rows taking turns: these machines drift."""
    rows = {name: Row(name) for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            rows[name].rounds.append(measure())
    return rows


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(title: str, rows: Iterable[Row], limit_of: Callable[[Row], Row | None]) -> list[str]:
    """Lines: operations a second, their ratio to the limit, waits, the longest stall, the blocked share."""
    lines = ["", f"{title:58} {'ops/s':>7} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7} {'stall ms':>9} {'blocked':>8}"]
    for row in rows:
        limit = limit_of(row)
        ratio = f"{row.ops_per_s / limit.ops_per_s:6.2f}" if limit else f"{'':6}"
        cells = (_ms(row.wait_s(0.5), 7, 2), _ms(row.wait_s(0.99), 7, 2), _ms(row.longest_stall_s, 9, 1))
        share = f"{'':>8}" if row.blocked_share is None else f"{row.blocked_share * 100:6.0f} %"
        lines.append(f"{row.name:58} {row.ops_per_s:7,.0f} {ratio} {' '.join(cells)} {share}".rstrip())
    return lines


def verdict(asked: str, found: float, *, least: float | None = None, most: float | None = None, unit: str = "") -> str:
    """A line that holds a figure against what was asked of it."""
    met = (least is None or found >= least) and (most is None or found <= most)
    bound = f"at least {least:g}" if least is not None else f"at most {most:g}"
    return f"  asked: {asked} {bound}{unit}; found {found:.2f}{unit}{'' if met else '  NOT MET'}"


def print_lines(lines: Iterable[str]) -> None:
    """At once, since a table may be long in the making."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _ms(seconds: float | None, width: int, digits: int) -> str:
    return f"{'':{width}}" if seconds is None else f"{seconds * 1000:{width},.{digits}f}"
