"""`inkwell-pipeline`: what Dagster has no face for.

Belongs here: options, what is printed, exit statuses. Does not: the work (`defs/run.py` starts it in Dagster).
Ends with 0; with 1 where a feed failed; with 2 where it was called wrongly, or the config is not usable;
with 130 where it was stopped.
Dagster is imported when a command needs it: it takes 0.7 s, and `--help` should not.
"""

import sys
from typing import TYPE_CHECKING

import click

from inkwell_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from inkwell_pipeline.defs.run import FeedRun

__all__ = ["main"]


CALLED_WRONGLY = 2
STOPPED = 130  # as a shell has it for SIGINT


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inkwell-pipeline")
def main() -> None:
    """Podcast episodes become notes in an Obsidian vault."""


@main.command()
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
def run(feeds: tuple[str, ...]) -> None:
    """Makes the notes of all feeds, or of those named: a Dagster run for each, one after the other."""
    from inkwell_pipeline.defs.run import run_feeds

    failed = False
    try:
        for done in run_feeds(feeds):
            _show(done)
            failed = failed or bool(done.errors)
    except KeyboardInterrupt:
        click.echo("stopped; what was done is kept, and the next run goes on from there", err=True)
        sys.exit(STOPPED)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(CALLED_WRONGLY)
    if failed:
        sys.exit(1)


def _show(done: "FeedRun") -> None:
    click.echo(done.summary)
    for path in done.notes:
        click.echo(f"  {path}")
    for error in done.errors:
        click.echo(f"  {error}", err=True)


if __name__ == "__main__":
    main()
