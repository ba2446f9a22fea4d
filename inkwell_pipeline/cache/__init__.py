"""Nothing is paid for twice: results on disk, shared by runs and processes."""

from inkwell_pipeline.cache.extraction import ExtractionCache
from inkwell_pipeline.cache.store import Entry, Stats
from inkwell_pipeline.cache.transcription import TranscriptionCache

__all__ = ["Entry", "ExtractionCache", "Stats", "TranscriptionCache"]
