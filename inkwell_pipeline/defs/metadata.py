"""What the Dagster UI shows of an asset's work, besides the figures: tables, paths, a preview.

Belongs here: Dagster's metadata types. Does not: the figures and their names (`reports.py`).
"""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs.running import Measured
from inkwell_pipeline.models import Failure, Manifest, Record
from inkwell_pipeline.reports import Report

__all__ = ["kept_edits", "materialised", "preview"]

COLUMNS = ("episode", "state", "error", "what to do", "published", "transcript", "note", "key")


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
            "episode_table": _table(report),
            **_remarks(report),
            **(more or {}),
        },
        check_results=checks,
    )


def preview(note: str | None, paths: Sequence[Path]) -> dict[str, dg.MetadataValue]:
    """The newest note's text, without properties and marks, and where all notes are."""
    shown: dict[str, dg.MetadataValue] = {"paths": dg.MetadataValue.json([str(path) for path in paths])}
    if note is not None:
        _, _, text = note.removeprefix("---\n").partition("\n---\n")
        lines = (line for line in text.splitlines() if not line.startswith("%% inkwell:"))
        shown["preview"] = dg.MetadataValue.md("\n".join(lines))
    return shown


def kept_edits(records: Sequence[Record]) -> dict[str, dg.MetadataValue]:
    """What in the notes stands as the user left it, against ours: a row each; nothing where there is none."""
    rows = [{"note": record.note or "", "edit": edit} for record in records for edit in record.edits]
    if not rows:
        return {}
    schema = dg.TableSchema(columns=[dg.TableColumn("note", "string"), dg.TableColumn("edit", "string")])
    return {"kept_edits": dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema=schema)}


def _remarks(report: Report) -> dict[str, dg.MetadataValue]:
    return {"remarks": dg.MetadataValue.json(list(report.remarks))} if report.remarks else {}


def _table(report: Report) -> dg.MetadataValue:
    """What failed first, since that is what somebody looks for."""
    rows = [*map(_failed_row, report.manifest.failures)]
    rows += [_row(record, before_transcript=report.manifest.asset == "feed") for record in report.manifest.records]
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in COLUMNS])
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema=schema)


def _failed_row(failure: Failure) -> dict[str, str]:
    said = {"episode": failure.title, "state": f"failed in {failure.asset}", "key": failure.key}
    return dict.fromkeys(COLUMNS, "") | said | {"error": failure.error, "what to do": failure.todo}


def _row(record: Record, *, before_transcript: bool) -> dict[str, str]:
    none = record.source is None and not before_transcript
    said = {
        "episode": record.title,
        "state": "no transcript" if none else "ok",
        "published": f"{record.published:%Y-%m-%d}" if record.published else "",
        "transcript": ": ".join(filter(None, (record.source, record.remark))) or ("none is offered" if none else ""),
        "note": record.note or "",
        "key": record.key,
    }
    return dict.fromkeys(COLUMNS, "") | said
