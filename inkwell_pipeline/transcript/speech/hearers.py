"""The config's sources that hear, each as the hearer that it names.

Belongs here: which is which. Does not: what they do (`command.py`, `service.py`, …).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.source_settings import (
    CommandSource,
    PublisherSource,
    ServiceSource,
    SourceSettings,
    WhisperSource,
    YouTubeSource,
)
from inkwell_pipeline.transcript.speech.command import CommandHearer
from inkwell_pipeline.transcript.speech.hearer import Hearer
from inkwell_pipeline.transcript.speech.hearing import Hearing
from inkwell_pipeline.transcript.speech.service import ServiceHearer, Services
from inkwell_pipeline.transcript.speech.whisper import WhisperHearer

__all__ = ["Hearers", "hearers_of"]


@dataclass(frozen=True)
class Hearers:
    """A feed's sources that hear, in their order, and what surrounds each hearing."""

    hearing: Hearing
    by_source: Mapping[SourceSettings, Hearer]


def hearers_of(feed: FeedSettings, hearing: Hearing, services: Services, *, folder: Path) -> Hearers:
    """`folder`: the config's, which the paths in commands are relative to."""
    found: dict[SourceSettings, Hearer] = {}
    for source in feed.transcribe:
        match source:
            case CommandSource():
                found[source] = CommandHearer(source, diarize=feed.diarize, folder=folder)
            case ServiceSource():
                found[source] = ServiceHearer(source, services, diarize=feed.diarize)
            case PublisherSource() | YouTubeSource():
                pass  # they have transcripts, and hear nothing
            case WhisperSource():
                found[source] = WhisperHearer(source, folder=folder)
            case _:
                assert_never(source)
    return Hearers(hearing, found)
