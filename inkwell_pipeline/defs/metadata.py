"""What the Dagster UI shows of an asset's work, besides the figures: tables, paths, a preview.

Belongs here: Dagster's metadata types. Does not: the figures and their names (`reports.py`).
"""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs.running import Measured
from inkwell_pipeline.models import Failure, Manifest, Record
from inkwell_pipeline.reports import Report

__all__ = ["materialised", "preview"]


def materialised(
    report: Report,
    measured: Measured,
    *,
    checks: Sequence[dg.AssetCheckResult] = (),
    more: dict[str, dg.MetadataValue] | None = None,
) -> dg.MaterializeResult[Manifest]:
    """The asset's result: its manifest for the next one, all figures, the table of the episodes."""
    return dg.MaterializeResult(
        value=report.manifest,
        metadata={
            **report.metadata(measured.counters, measured.meter),
            "episode_table": _table(report.manifest.records, report.manifest.failures),
            **(more or {}),
        },
        check_results=checks,
    )


def preview(note: str | None, paths: Sequence[Path]) -> dict[str, dg.MetadataValue]:
    """The newest note's text, and where all of them are."""
    shown = {"paths": dg.MetadataValue.json([str(path) for path in paths])}
    return shown | ({"preview": dg.MetadataValue.md(note)} if note else {})


def _table(records: Sequence[Record], failures: Sequence[Failure]) -> dg.MetadataValue:
    rows = [
        dg.TableRecord(
            {
                "episode": record.title,
                "published": f"{record.published:%Y-%m-%d}" if record.published else "",
                "state": "no transcript" if record.source is None and record.note else "ok",
                "transcript": record.source or record.remark or "",
                "note": record.note or "",
                "error": "",
                "key": record.key,
            }
        )
        for record in records
    ]
    rows += [
        dg.TableRecord(
            {
                "episode": failure.title,
                "published": "",
                "state": f"failed in {failure.asset}",
                "transcript": "",
                "note": "",
                "error": failure.error,
                "key": failure.key,
            }
        )
        for failure in failures
    ]
    names = ("episode", "published", "state", "transcript", "note", "error", "key")
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in names])
    return dg.MetadataValue.table(rows, schema=schema)
