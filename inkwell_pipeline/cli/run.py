"""`inkwell-pipeline run`: the notes of all feeds, or of some."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from inkwell_pipeline.cli.endings import FAILED, endings, show_error, shown
from inkwell_pipeline.cli.table import aligned

if TYPE_CHECKING:
    from inkwell_pipeline.defs.run import FeedRun

__all__ = ["run"]

KEPT = "stopped; what was done is kept, and the next run goes on from there"


@click.command()
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option("--all", "every", is_flag=True, help="All feeds of the config; the same as naming none.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what failed: for cron, which mails what is printed.")
@click.option("--estimate", is_flag=True, help="Only say what it would cost. Feeds are read, no model is asked.")
def run(feeds: tuple[str, ...], every: bool, quiet: bool, estimate: bool) -> None:
    """Make the notes of all feeds, or of those named.

    All in one process, a Dagster run for each feed, one after the other. A feed that fails does not keep the others
    from their notes. Two of these at once do no harm.
    """
    if feeds and every:
        raise click.UsageError("name feeds, or --all, not both")
    if estimate:
        _estimate(feeds)
        return
    from inkwell_pipeline.defs.run import run_feeds

    done: list[FeedRun] = []
    with endings(KEPT):
        for outcome in run_feeds(feeds):
            done.append(outcome)
            _show(outcome, quiet=quiet)
        if len(done) > 1 and not quiet:
            click.echo()
            click.echo(_summary(done))
    if any(outcome.troubles for outcome in done):
        sys.exit(FAILED)


def _estimate(feeds: tuple[str, ...]) -> None:
    from inkwell_pipeline.defs.run import FeedEstimate, estimate_feeds

    done: list[FeedEstimate] = []
    with endings("stopped; what was fetched is kept"):
        for outcome in estimate_feeds(feeds):
            done.append(outcome)
            click.echo(shown(f"{outcome.feed}: {outcome.says or 'no estimate'}"))
            for trouble in outcome.troubles:
                show_error(trouble.error, trouble.todo, indent="  ")
        least, most = [one.least_usd for one in done], [one.most_usd for one in done]
        if len(done) > 1 and None not in least and None not in most:
            click.echo(f"together between ${sum(filter(None, least)):.4f} and ${sum(filter(None, most)):.4f}")
    if any(outcome.troubles for outcome in done):
        sys.exit(FAILED)


def _show(done: "FeedRun", *, quiet: bool) -> None:
    if not quiet:
        click.echo(shown(done.summary))
        for path in done.notes:
            click.echo(f"  {shown(str(path))}")
        for remark in done.remarks:
            click.echo(f"  note: {shown(remark)}")
    for trouble in done.troubles:
        show_error(trouble.error, trouble.todo, indent="" if quiet else "  ")


def _summary(done: Sequence["FeedRun"]) -> str:
    rows = [
        (
            one.feed,
            str(len(one.notes)),
            str(one.written),
            str(one.without_transcript),
            str(one.edits_kept),
            str(len(one.troubles)),
        )
        for one in done
    ]
    return aligned(("feed", "notes", "written", "no transcript", "edits kept", "failed"), rows, right=range(1, 6))
