"""`inkwell-pipeline costs`: what models have cost, out of the ledger."""

import asyncio
from typing import TYPE_CHECKING

import click

from inkwell_pipeline.cli.endings import endings, shown
from inkwell_pipeline.cli.table import aligned

if TYPE_CHECKING:
    from inkwell_pipeline.costs import By, History, Line

__all__ = ["costs"]

HEADS = ("requests", "failed", "tokens in", "of them cached", "tokens out", "USD")
GROUPINGS = ("feed", "model", "template", "month")


@click.command()
@click.option("--by", type=click.Choice(GROUPINGS), default="month", show_default=True, help="What makes a line.")
def costs(by: str) -> None:
    """Say what models have cost so far, in USD.

    Out of the ledger, <data_dir>/ledger: a line of JSON for every request that was sent. Months are UTC's. Requests
    whose cost nobody knows are counted beside the sum, never as 0.
    """
    from inkwell_pipeline.costs import GROUPINGS, Ledger, history
    from inkwell_pipeline.settings import load_settings

    with endings("stopped; nothing was written"):
        ledger = Ledger(load_settings().data_dir / "ledger")
        known = asyncio.run(history(ledger))
        for line in known.damaged:
            click.echo(shown(line), err=True)
        grouping = next(one for one in GROUPINGS if one == by)
        if known.rows:
            _show(known, grouping)
        else:
            click.echo("nothing has been paid for yet")


def _show(known: "History", by: "By") -> None:
    from inkwell_pipeline.costs import grouped, total

    lines = [*grouped(known.rows, by), total(known.rows)]
    click.echo(aligned((by, *HEADS), [_cells(line) for line in lines], right=range(1, 7)))
    if unpriced := total(known.rows).unpriced:
        where = "`prices` in the config tells the price, or `usd_per_minute` that of a speech service"
        click.echo(f"{unpriced} requests of unknown cost are not in the sums: {where}")
    if known.held_usd:
        click.echo(f"${known.held_usd:.6f} are held by requests that never came to an end; budgets count them as spent")


def _cells(line: "Line") -> tuple[str, ...]:
    cost = f"{line.cost_usd:.6f}" + (f" + {line.unpriced} unknown" if line.unpriced else "")
    numbers = (line.requests, line.failed, line.input_tokens, line.cached_tokens, line.output_tokens)
    return (shown(line.name), *(f"{number:,}" for number in numbers), cost)
