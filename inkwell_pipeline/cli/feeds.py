"""`inkwell-pipeline feeds`: what the config lists, and what a run would find there."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import click

from inkwell_pipeline.cli.endings import FAILED, endings, show_error, shown
from inkwell_pipeline.cli.table import aligned

if TYPE_CHECKING:
    from inkwell_pipeline.cli.survey import Found, Missed, Prospect
    from inkwell_pipeline.settings import Settings

__all__ = ["feeds"]

STOPPED_SAYS = "stopped; nothing was written"


@click.group()
def feeds() -> None:
    """What the config lists, and what a run would find."""


@feeds.command(name="list")
def list_feeds() -> None:
    """List the config's feeds.

    Name, address without secrets, how many episodes a run looks at, whether the feed is watched.
    """
    from inkwell_pipeline.hosts import without_secrets
    from inkwell_pipeline.settings import load_settings

    with endings(STOPPED_SAYS):
        settings = load_settings()
        rows = []
        for feed in settings.feeds.values():
            address = str(feed.source) if isinstance(feed.source, Path) else without_secrets(feed.source)
            rows.append((feed.name, shown(address), str(feed.newest), "yes" if feed.watch else "no"))
        click.echo(aligned(("feed", "address", "newest", "watch"), rows, right=(2,)))


@feeds.command()
@click.argument("names", nargs=-1, metavar="[FEED]...")
def check(names: tuple[str, ...]) -> None:
    """Say what a run of all feeds, or of those named, would find. Writes nothing at all.

    For each feed its title and size; for each episode that a run would take, which transcripts are offered, and the
    note that is there or would be made.
    """
    from inkwell_pipeline.settings import load_settings

    with endings(STOPPED_SAYS):
        settings = load_settings()
        missed = asyncio.run(_check(settings, names))
    if missed:
        sys.exit(FAILED)


async def _check(settings: "Settings", names: tuple[str, ...]) -> bool:
    """Prints what is found, in the order of the feeds; whether any feed could not be had."""
    from inkwell_pipeline.cli.survey import Found, Missed, doubles, survey
    from inkwell_pipeline.settings import named_feeds

    missed: list[Missed] = []

    def tell(outcome: "Found | Missed") -> None:
        match outcome:
            case Found():
                _show_found(outcome)
            case Missed():
                _show_missed(outcome)
                missed.append(outcome)
            case _:
                assert_never(outcome)

    await survey(settings, named_feeds(settings, names), tell)
    for one, other in doubles(settings):
        click.echo(f"{one} and {other} have one address: every episode would get two notes", err=True)
    return bool(missed)


def _show_missed(missed: "Missed") -> None:
    click.echo(f"{missed.feed}: cannot be had", err=True)
    show_error(missed.error, missed.todo, indent="  ")


def _show_found(found: "Found") -> None:
    says = [shown(found.title), f"{found.episodes} episodes"]
    says += [f"the newest of {found.newest:%Y-%m-%d}"] if found.newest else []
    says += [f"{found.not_episodes} items that are no episodes"] if found.not_episodes else []
    click.echo(f"{found.feed}: {', '.join(says)}")
    for prospect in found.prospects:
        _show_prospect(prospect)


def _show_prospect(prospect: "Prospect") -> None:
    date = f"{prospect.published:%Y-%m-%d}" if prospect.published else "no date"
    click.echo(f"  {date:10}  {shown(prospect.title)}")
    made = f"; {', '.join(prospect.makers)} would be asked" if prospect.makers and not prospect.transcripts else ""
    click.echo(f"{'':14}transcripts: {shown(', '.join(prospect.transcripts) or f'none is offered{made}')}")
    click.echo(f"{'':14}{'has its note' if prospect.exists else 'new note'}: {shown(prospect.note)}")
