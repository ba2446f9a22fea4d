"""How every command ends: its exit status, its last line, and what a signal does.

Belongs here: what all commands share. Does not: what any of them says of its work.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from inkwell_pipeline.errors import ConfigError, InkwellError

__all__ = ["CALLED_WRONGLY", "FAILED", "STOPPED", "endings", "show_error", "shown"]

FAILED = 1
CALLED_WRONGLY = 2
STOPPED = 130  # as a shell has it for SIGINT


@contextmanager
def endings(stopped: str) -> Iterator[None]:
    """Around a command's work: errors of ours are a line and a status; a signal is `stopped` and 130."""
    try:
        with _stopped_by_signals():
            yield
    except KeyboardInterrupt:
        click.echo(stopped, err=True)
        sys.stdout.flush()
        # at once: Python would wait for threads, and one may sit in a look-up of a name for half a minute
        os._exit(STOPPED)
    except ConfigError as error:
        show_error(str(error), error.todo)
        sys.exit(CALLED_WRONGLY)
    except InkwellError as error:
        show_error(str(error), error.todo)
        sys.exit(FAILED)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM, and SIGHUP where nobody asked for it to be ignored, are as Ctrl-C; also in a script's background job."""
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    numbers = (signal.SIGINT, signal.SIGTERM, *hang_up)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def show_error(error: str, todo: str | None, *, indent: str = "") -> None:
    """What failed, and below it what to do."""
    click.echo(f"{indent}{shown(error)}", err=True)
    if todo:
        click.echo(f"{indent}  what to do: {shown(todo)}", err=True)


def shown(text: str) -> str:
    """`text` for a terminal: a feed's words must not move the cursor, nor ring."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
