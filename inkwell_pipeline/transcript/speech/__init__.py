"""Speech to text: an episode's audio, and those who can hear it."""

from inkwell_pipeline.transcript.speech.estimate import SpeechEstimate
from inkwell_pipeline.transcript.speech.hearers import Hearers, hearers_of
from inkwell_pipeline.transcript.speech.hearing import Hearing, open_hearing
from inkwell_pipeline.transcript.speech.service import Services

__all__ = ["Hearers", "Hearing", "Services", "SpeechEstimate", "hearers_of", "open_hearing"]
