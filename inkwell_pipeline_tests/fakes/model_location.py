"""A code location whose extractor takes its time, as a model does: until the test lets go. It writes down what it does.

Belongs here: the definitions that a real daemon loads with `-m`, and how tests read what the extractor wrote. Does not:
any limit; Dagster and the package have to keep them.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.extraction import Extraction, Material, Template
from inkwell_pipeline.models import Item, Section

__all__ = ["CALLS", "SlowModel", "let_go", "most_at_once"]

CALLS = "INKWELL_TEST_CALLS"  # the file that says when calls begin and end, of all processes


class SlowModel:
    """No call ends before `let_go`. Each stands in the file with its process: each launched run is one of its own."""

    identity = "slow:1"

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        for template in templates:
            _note("begin")
            while not _released(Path(os.environ[CALLS])).exists():  # noqa: ASYNC110  the event is in another process
                await asyncio.sleep(0.1)
            _note("end")
            items = (Item(text=material.transcript.segments[0].text),)
            yield Extraction(template, Section(kind=template.output, heading=template.heading, items=items), Decimal(0))


def _note(what: str) -> None:
    # O_APPEND: lines of several processes stand one after the other, whole
    with Path(os.environ[CALLS]).open("a") as file:
        file.write(f"{what} {os.getpid()}\n")


def _released(calls: Path) -> Path:
    return calls.with_name("released")


def let_go(calls: Path) -> None:
    """From now on no call takes any time."""
    _released(calls).touch()


def most_at_once(calls: Path) -> tuple[int, int]:
    """How many calls were under way at once at most, and from how many processes."""
    now: list[str] = []
    most = (0, 0)
    for line in calls.read_text().splitlines():
        what, process = line.split()
        if what == "begin":
            now.append(process)
        else:
            now.remove(process)
        most = max(most[0], len(now)), max(most[1], len(set(now)))
    return most


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(extractor=SlowModel())
