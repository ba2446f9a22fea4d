"""Speech to text: an episode's audio, and those who can hear it."""

from inkwell_pipeline.transcript.speech.hearers import Hearers, hearers_of
from inkwell_pipeline.transcript.speech.hearing import Hearing, open_hearing

__all__ = ["Hearers", "Hearing", "hearers_of", "open_hearing"]
