"""What it would cost to have transcripts made: known before any audio is fetched, as far as feeds say how long it is.

Belongs here: minutes times prices. Pure. Does not: who would be asked (`find.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inkwell_pipeline.transcript.speech.hearer import Hearer

__all__ = ["SpeechEstimate", "foreseen"]


@dataclass(frozen=True)
class SpeechEstimate:
    """So many transcripts would be made. `minutes`: of those whose length is known; USD None: nobody knows a price."""

    transcripts: int = 0
    minutes: float = 0.0
    of_unknown_length: int = 0
    least_usd: Decimal | None = Decimal(0)
    most_usd: Decimal | None = Decimal(0)

    def __add__(self, other: "SpeechEstimate") -> "SpeechEstimate":
        return SpeechEstimate(
            self.transcripts + other.transcripts,
            self.minutes + other.minutes,
            self.of_unknown_length + other.of_unknown_length,
            _sum(self.least_usd, other.least_usd),
            _sum(self.most_usd, other.most_usd),
        )

    @property
    def says(self) -> str:
        """`3 transcripts to be made of 128 minutes of audio, between $0.0000 and $0.7680`"""
        unknown = f", {self.of_unknown_length} of them of unknown length" if self.of_unknown_length else ""
        begins = f"{self.transcripts} transcripts to be made of {self.minutes:.0f} minutes of audio{unknown}"
        if self.least_usd is None or self.most_usd is None:
            return f"{begins}, at a price that nobody knows"
        return f"{begins}, between ${self.least_usd:.4f} and ${self.most_usd:.4f}"


def foreseen(duration_s: float | None, hearers: Sequence[Hearer]) -> SpeechEstimate:
    """For one episode: at least what the cheapest takes, at most what all take, one after the other."""
    prices = [hearer.usd_per_minute for hearer in hearers]
    known = [price for price in prices if price is not None]
    if duration_s is None:
        free = all(price == 0 for price in prices)
        usd = Decimal(0) if free else None
        return SpeechEstimate(1, 0.0, 1, usd, usd)
    minutes = Decimal(str(duration_s)) / 60
    if len(known) < len(prices):
        return SpeechEstimate(1, float(minutes), 0, None, None)
    return SpeechEstimate(1, float(minutes), 0, min(known) * minutes, sum(known, Decimal(0)) * minutes)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
