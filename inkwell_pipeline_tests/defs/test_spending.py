"""The job `report_costs`: what the ledger holds, as tables and numbers on the asset `costs`."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg

from inkwell_pipeline.costs import Ledger
from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.files import append_line_now
from inkwell_pipeline.settings import BudgetSettings, FeedSettings, Settings
from inkwell_pipeline_tests.costs.rows import NOON, row
from inkwell_pipeline_tests.defs.runs import instance_at, settings_for
from inkwell_pipeline_tests.fakes.time import FakeTime


def settings_at(folder: Path, **changes: Any) -> Settings:
    return settings_for(folder, FeedSettings("rivers", folder / "rivers.xml"), **changes)


def reported(settings: Settings, folder: Path) -> dict[str, Any]:
    """The metadata that the job puts on `costs`, at noon on 1 April 2024."""
    with instance_at(folder) as instance:
        job = build_defs(settings, clock=FakeTime(NOON).now).resolve_job_def("report_costs")
        assert job.execute_in_process(instance=instance).success
        event = instance.get_latest_materialization_event(dg.AssetKey("costs"))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_the_month_beside_its_budget_and_all_there_was(tmp_path: Path) -> None:
    """Numbers that plot, and a table for each way to look at it; a damaged row is counted, and costs nothing else."""
    settings = settings_at(tmp_path, budget=BudgetSettings(monthly_usd=Decimal(2)))
    ledger = Ledger(settings.data_dir / "ledger")
    rows = (
        row("1", cost_usd=Decimal("0.5")),
        row("2", cost_usd=None, feed="lakes"),
        row("3", cost_usd=Decimal("0.25"), time=NOON.replace(month=3)),
    )
    for entry in rows:
        asyncio.run(ledger.add(entry))
    append_line_now(ledger.month_file(NOON), b"{")

    said = reported(settings, tmp_path)

    assert (said["month_usd"], said["month_left_usd"], said["total_usd"]) == (0.5, 1.5, 0.75)
    assert (said["month_requests"], said["total_requests"], said["unpriced_requests"]) == (2, 3, 1)
    assert said["damaged_rows"] == 1
    by_feed = [record.data for record in said["by_feed"].records]
    assert [(one["name"], one["USD"]) for one in by_feed] == [("rivers", "0.750000"), ("lakes", "0.000000")]
    assert [record.data["name"] for record in said["by_month"].records] == ["2024-03", "2024-04"]


def test_where_no_model_was_asked_there_is_nothing_to_tell(tmp_path: Path) -> None:
    """No ledger, no budget: zeros, and no error."""
    said = reported(settings_at(tmp_path), tmp_path)

    assert (said["total_usd"], said["total_requests"]) == (0.0, 0)
    assert "month_left_usd" not in said
