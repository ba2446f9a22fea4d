"""What Dagster loads: `dagster … -m inkwell_pipeline.definitions`. Reads the config, for the feeds' names."""

from inkwell_pipeline.imports import uncollected

with uncollected():
    from inkwell_pipeline.defs import build_defs

    defs = build_defs()
