"""The command in this process, for tests of what it prints: no second Python, no Dagster."""

from collections.abc import Mapping

from click.testing import CliRunner, Result

from inkwell_pipeline.cli import main

__all__ = ["call"]


def call(*arguments: str, environment: Mapping[str, str] | None = None) -> Result:
    """`inkwell-pipeline` with these arguments, in the current folder."""
    return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False, prog_name="inkwell-pipeline")
