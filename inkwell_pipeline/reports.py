"""What an asset says of its work, under the names that others rely on.

Belongs here: the published names and units of the figures. Does not: Dagster's types and tables (`defs/`), and the
counting itself (`metering.py`, `loop_meter.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inkwell_pipeline.loop_meter import LoopMeter
from inkwell_pipeline.metering import Counters
from inkwell_pipeline.models import Manifest

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """What a room made: the manifest for the next one, how many episodes it was given, figures and remarks of its own.

    A remark is a line for the user about something that is no failure.
    """

    manifest: Manifest
    given: int
    figures: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def metadata(self, counted: Counters, meter: LoopMeter) -> dict[str, int | float | str]:
        """Plain numbers by their published names, and the way in which the blocked time was measured.

        A cost that is not known is left out; it is never 0.
        """
        looked_up = counted.cache_hits + counted.cache_misses
        figures: dict[str, int | float | str] = {
            "episodes": self.given,
            "failed": len(self.manifest.failures),
            **self.figures,
            "cache_hits": counted.cache_hits,
            "cache_misses": counted.cache_misses,
            "cache_hit_rate": counted.cache_hits / looked_up if looked_up else 1.0,
            "cache_read_bytes": counted.cache_read_bytes,
            "cache_written_bytes": counted.cache_written_bytes,
            "cache_io_ms": round(counted.cache_io_s * 1000, 3),
            "blocked_ms": round(meter.blocked_s * 1000, 3),
            "longest_block_ms": round(meter.longest_block_s * 1000, 3),
            "longest_lag_ms": round(meter.longest_lag_s * 1000, 3),
            "block_meter": meter.method,
            "saved_usd": float(counted.saved_usd),
        }
        if not counted.unpriced_calls:
            figures["cost_usd"] = float(counted.cost_usd)
        if self.manifest.asset == "transcript":
            figures |= {
                "minutes_transcribed": round(counted.heard_s / 60, 3),
                "unpriced_calls": counted.unpriced_calls,
            }
        if self.manifest.asset == "extraction":
            figures |= {
                "model_calls": counted.model_calls,
                "unpriced_calls": counted.unpriced_calls,
                "input_tokens": counted.input_tokens,
                "output_tokens": counted.output_tokens,
                "cached_tokens": counted.cached_tokens,
            }
        return figures
