"""The job `report_costs`: what models have cost, as tables and numbers that plot.

Belongs here: what Dagster shows of the ledger. Does not: its sums (`costs/table.py`).
A job, for an asset would run with every `--select '*'`. Of a job's figures Dagster plots only those of an asset that is
defined: each run reports to `costs`, an external asset that nothing materialises.
No `from __future__ import annotations`: Dagster reads the types.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import dagster as dg

from inkwell_pipeline.costs import GROUPINGS, History, Ledger, Line, grouped, history, total
from inkwell_pipeline.defs.metadata import table_of
from inkwell_pipeline.defs.resources import Rooms
from inkwell_pipeline.defs.running import measured, stoppable
from inkwell_pipeline.settings import BudgetSettings
from inkwell_pipeline.threads import computed, in_thread

__all__ = ["costs_spec", "report_costs_job"]

KEY = "costs"
COLUMNS = ("name", "requests", "failed", "tokens in", "cached", "tokens out", "USD", "unknown")
log = logging.getLogger(__name__)


def costs_spec() -> dg.AssetSpec:
    """What the figures stand on. No selection has it: there is nothing to execute."""
    return dg.AssetSpec(
        KEY,
        group_name="housekeeping",
        owners=["team:inkwell"],
        description="What models have cost, out of the ledger: the job `report_costs` puts it here.",
    )


def report_costs_job() -> dg.JobDefinition:
    @dg.op
    @stoppable
    async def report(context: dg.OpExecutionContext, rooms: dg.ResourceParam[Rooms]) -> None:
        """Sums up the ledger: by month, feed, model and template, with the month's spend beside its budget."""
        async with measured(context):
            known = await history(Ledger(rooms.settings.data_dir / "ledger"))
            for line in known.damaged:
                log.warning("%s", line)
            metadata = await computed(_metadata, known, rooms.settings.budget, rooms.clock())
            event = dg.AssetMaterialization(KEY, metadata=metadata)
            await in_thread(context.log_event, event)  # a write to SQLite

    @dg.job(name="report_costs", description=report.description)
    def job() -> None:
        report()

    return job


def _metadata(known: History, budget: BudgetSettings, now: datetime) -> dict[str, dg.MetadataValue]:
    this_month = [row for row in known.rows if f"{row.time:%Y-%m}" == f"{now:%Y-%m}"]
    month, everything = total(this_month), total(known.rows)
    tables = {f"by_{by}": _table(grouped(known.rows, by)) for by in GROUPINGS}
    figures = {
        "month_usd": float(month.cost_usd),
        "month_requests": month.requests,
        "total_usd": float(everything.cost_usd),
        "total_requests": everything.requests,
        "unpriced_requests": everything.unpriced,
        "held_usd": float(known.held_usd),
        "damaged_rows": len(known.damaged),
    }
    if budget.monthly_usd is not None:
        figures["month_left_usd"] = float(max(Decimal(0), budget.monthly_usd - month.cost_usd))
    numbers = {
        name: dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.float(value)
        for name, value in figures.items()
    }
    return {**tables, **numbers}


def _table(lines: Sequence[Line]) -> dg.MetadataValue:
    return table_of([_row(line) for line in lines], COLUMNS)


def _row(line: Line) -> dict[str, str]:
    cells = (
        line.name,
        f"{line.requests:,}",
        f"{line.failed or ''}",
        f"{line.input_tokens:,}",
        f"{line.cached_tokens:,}",
        f"{line.output_tokens:,}",
        f"{line.cost_usd:.6f}",
        f"{line.unpriced or ''}",
    )
    return dict(zip(COLUMNS, cells, strict=True))
