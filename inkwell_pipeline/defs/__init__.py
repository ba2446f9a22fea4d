"""The Dagster face: assets, checks, resources. Nothing but wiring; what an asset does is in the rooms."""

from inkwell_pipeline.defs.build import build_defs

__all__ = ["build_defs"]
