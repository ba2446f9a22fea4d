"""docs/command-line.md shows each command's own help text."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from inkwell_pipeline.cli import main
from inkwell_pipeline_tests.cli.commands import call

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"


def commands(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    """The words of every command that there is."""
    yield words
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], *words, name)


def block(*words: str) -> str:
    """A command's help as the page shows it."""
    lines = [f"$ {' '.join(('inkwell-pipeline', *words, '--help'))}", *call(*words, "--help").output.splitlines()]
    return "\n".join(f"    {line}".rstrip() for line in lines)


def test_the_page_shows_what_the_program_says() -> None:
    """All commands, none that is gone; where this fails, put the text on the page."""
    shown = PAGE.read_text()
    for words in commands(main):
        assert block(*words) + "\n" in shown + "\n", block(*words)
    asked = re.findall(r"^    \$ (inkwell-pipeline.* --help)$", shown, re.MULTILINE)
    assert sorted(asked) == sorted(" ".join(("inkwell-pipeline", *words, "--help")) for words in commands(main))
