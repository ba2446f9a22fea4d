"""The config's sources that hear, each as the hearer that it names.

Belongs here: which is which. Does not: what they do (`command.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.source_settings import CommandSource, SourceSettings
from inkwell_pipeline.transcript.speech.command import CommandHearer
from inkwell_pipeline.transcript.speech.hearer import Hearer
from inkwell_pipeline.transcript.speech.hearing import Hearing

__all__ = ["Hearers", "hearers_of"]


@dataclass(frozen=True)
class Hearers:
    """A feed's sources that hear, in their order, and what surrounds each hearing."""

    hearing: Hearing
    by_source: Mapping[SourceSettings, Hearer]


def hearers_of(feed: FeedSettings, hearing: Hearing, *, folder: Path) -> Hearers:
    """`folder`: the config's, which the paths in commands are relative to."""
    found: dict[SourceSettings, Hearer] = {}
    for source in feed.transcribe:
        match source:
            case CommandSource():
                found[source] = CommandHearer(source, diarize=feed.diarize, folder=folder)
            case _:
                pass
    return Hearers(hearing, found)
