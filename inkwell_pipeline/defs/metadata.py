"""What the Dagster UI shows of an asset's work, besides the figures: tables, paths, a preview.

Belongs here: Dagster's metadata types. Does not: the figures and their names (`reports.py`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs.running import Measured
from inkwell_pipeline.extraction import Estimate
from inkwell_pipeline.loop_meter import LoopMeter
from inkwell_pipeline.models import Failure, Manifest, Record
from inkwell_pipeline.reports import Report
from inkwell_pipeline.transcript.speech import SpeechEstimate

__all__ = [
    "calls_loop",
    "estimated",
    "kept_edits",
    "materialised",
    "note_text",
    "preview",
    "speech_estimated",
    "table_of",
]

MOST_INLINE = 950  # characters of Markdown; the UI hides 1,000 behind a click
COLUMNS = ("episode", "state", "error", "what to do", "published", "transcript", "note", "key")


def materialised(
    report: Report,
    measured: Measured,
    *,
    checks: Sequence[dg.AssetCheckResult] = (),
    more: dict[str, dg.MetadataValue] | None = None,
) -> dg.MaterializeResult[Manifest]:
    """The asset's result: its manifest for the next one, the table of the episodes, `more`, all figures.

    In this order, which is the UI's: what people look for stands before twenty numbers.
    """
    return dg.MaterializeResult(
        value=report.manifest,
        metadata={
            "episode_table": _table(report),
            **_remarks(report),
            **(more or {}),
            **report.metadata(measured.counters, measured.meter),
        },
        check_results=checks,
    )


def preview(note: str | None, paths: Sequence[Path]) -> dict[str, dg.MetadataValue]:
    """The newest note's text, without properties and marks, and where all notes are."""
    shown = {} if note is None else note_text(note)
    return {**shown, "paths": dg.MetadataValue.json([str(path) for path in paths])}


def note_text(note: str) -> dict[str, dg.MetadataValue]:
    """A note without its properties and marks: as much of it as the UI shows without a click, and the whole."""
    _, _, text = note.removeprefix("---\n").partition("\n---\n")
    lines = [line for line in text.splitlines() if not line.startswith("%% inkwell:")]
    shown: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > MOST_INLINE:
            shown.append("…")
            break
        shown.append(line)
    whole = {} if len(shown) == len(lines) else {"whole_note": dg.MetadataValue.md("\n".join(lines))}
    return {"preview": dg.MetadataValue.md("\n".join(shown)), **whole}


def kept_edits(records: Sequence[Record]) -> dict[str, dg.MetadataValue]:
    """What in the notes stands as the user left it, against ours: a row each; nothing where there is none."""
    rows = [{"note": record.note or "", "edit": edit} for record in records for edit in record.edits]
    if not rows:
        return {}
    schema = dg.TableSchema(columns=[dg.TableColumn("note", "string"), dg.TableColumn("edit", "string")])
    return {"kept_edits": dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema=schema)}


def calls_loop(meter: LoopMeter | None) -> dict[str, dg.MetadataValue]:
    """How long the loop that models' answers are parsed on was held; nothing, where it was not needed."""
    if meter is None:
        return {}
    return {
        "calls_blocked_ms": dg.MetadataValue.float(round(meter.blocked_s * 1000, 3)),
        "calls_longest_block_ms": dg.MetadataValue.float(round(meter.longest_block_s * 1000, 3)),
    }


def estimated(estimate: Estimate) -> dict[str, dg.MetadataValue]:
    """What the run would cost; the amounts are left out where a model has no price."""
    figures = {
        "estimate": dg.MetadataValue.text(estimate.says),
        "estimated_requests": dg.MetadataValue.int(estimate.requests),
    }
    return figures | _amounts(estimate.least_usd, estimate.most_usd)


def speech_estimated(estimates: Sequence[SpeechEstimate]) -> dict[str, dg.MetadataValue]:
    """What the transcripts that are still to be made would cost; the amounts are left out where one has no price."""
    together = sum(estimates, SpeechEstimate())
    figures = {
        "estimate": dg.MetadataValue.text(together.says),
        "estimated_minutes": dg.MetadataValue.float(round(together.minutes, 2)),
        "estimated_transcripts": dg.MetadataValue.int(together.transcripts),
    }
    return figures | _amounts(together.least_usd, together.most_usd)


def _amounts(least_usd: Decimal | None, most_usd: Decimal | None) -> dict[str, dg.MetadataValue]:
    amounts = {"estimated_least_usd": least_usd, "estimated_most_usd": most_usd}
    return {name: dg.MetadataValue.float(float(usd)) for name, usd in amounts.items() if usd is not None}


def _remarks(report: Report) -> dict[str, dg.MetadataValue]:
    return {"remarks": dg.MetadataValue.json(list(report.remarks))} if report.remarks else {}


def _table(report: Report) -> dg.MetadataValue:
    """What failed first, since that is what somebody looks for."""
    rows = [*map(_failed_row, report.manifest.failures)]
    rows += [_row(record, before_transcript=report.manifest.asset == "feed") for record in report.manifest.records]
    return table_of(rows, COLUMNS)


def table_of(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> dg.MetadataValue:
    """Rows of texts, without the columns that are empty in all of them: the UI gives each column its width."""
    said = [name for name in columns if any(row[name] for row in rows)] or list(columns)
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in said])
    return dg.MetadataValue.table([dg.TableRecord({name: row[name] for name in said}) for row in rows], schema=schema)


def _failed_row(failure: Failure) -> dict[str, str]:
    said = {
        "episode": failure.title,
        "state": f"failed in {failure.asset}{': ' + failure.reason if failure.reason else ''}",
        "key": failure.key,
    }
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
