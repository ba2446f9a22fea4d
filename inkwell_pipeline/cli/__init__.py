"""`inkwell-pipeline`: what Dagster has no face for.

Belongs here: options, what is printed, exit statuses; a module a command. Does not: the work (the rooms, and
`defs/run.py`, which starts it in Dagster).
Ends with 0; with 1 where a feed failed or cannot be had; with 2 where it was called wrongly, or the config is not
usable; with 130 where it was stopped.
What a command needs is imported when it runs: Dagster takes 0.7 s, and `--help` should not.
"""

import click

from inkwell_pipeline.cli.costs import costs
from inkwell_pipeline.cli.feeds import feeds
from inkwell_pipeline.cli.init import init
from inkwell_pipeline.cli.run import run
from inkwell_pipeline.cli.ui import ui

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inkwell-pipeline")
def main() -> None:
    """Podcast episodes become notes in an Obsidian vault.

    The config is the file that INKWELL_CONFIG names, else ./inkwell.yaml, else a bundled sample.

    Ends with 0; 1 where a feed failed; 2 where it was called wrongly; 130 where it was stopped.
    """


main.add_command(init)
main.add_command(feeds)
main.add_command(run)
main.add_command(ui)
main.add_command(costs)
