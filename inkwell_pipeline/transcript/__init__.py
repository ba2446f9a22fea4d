"""What was said: a transcript for every episode that somebody offers one for."""

from inkwell_pipeline.transcript.drift import Clockwork
from inkwell_pipeline.transcript.find import find_transcripts
from inkwell_pipeline.transcript.forms import read_transcript
from inkwell_pipeline.transcript.reading import UnreadableTranscript

__all__ = ["Clockwork", "UnreadableTranscript", "find_transcripts", "read_transcript"]
