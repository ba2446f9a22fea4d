"""Nothing is paid for twice: results on disk, shared by runs and processes."""

from inkwell_pipeline.cache.cache import Cache, Computed
from inkwell_pipeline.cache.entry import Entry
from inkwell_pipeline.cache.extraction import Digest, ExtractionCache
from inkwell_pipeline.cache.store import Stats
from inkwell_pipeline.cache.survey import Amount, Survey, Trim
from inkwell_pipeline.cache.transcription import TranscriptionCache

__all__ = [
    "Amount",
    "Cache",
    "Computed",
    "Digest",
    "Entry",
    "ExtractionCache",
    "Stats",
    "Survey",
    "TranscriptionCache",
    "Trim",
]
