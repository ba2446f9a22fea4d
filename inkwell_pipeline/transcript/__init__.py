"""What was said: a transcript for every episode that somebody offers one for."""

from inkwell_pipeline.transcript.captions import UnreadableCaptions, parse_captions
from inkwell_pipeline.transcript.find import find_transcripts

__all__ = ["UnreadableCaptions", "find_transcripts", "parse_captions"]
