"""What was published: a feed's address becomes the episodes to look at, and those that are due."""

from inkwell_pipeline.feed.choose import choose
from inkwell_pipeline.feed.due import Ended, Row, Runs, State, Verdict
from inkwell_pipeline.feed.fetch import read_feed
from inkwell_pipeline.feed.health import Health
from inkwell_pipeline.feed.memory import FeedMemory
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.feed.poll import FeedDesk, refusal, remembered
from inkwell_pipeline.feed.published import choose_episodes
from inkwell_pipeline.feed.state import Failed, FeedState, Throttled
from inkwell_pipeline.feed.watch import (
    Asked,
    NotAsked,
    Standing,
    ask,
    due_now,
    keeping,
    look,
    standing,
    standing_of,
    why_nothing,
)

__all__ = [
    "Asked",
    "Ended",
    "Failed",
    "FeedDesk",
    "FeedMemory",
    "FeedState",
    "Health",
    "NotAsked",
    "Row",
    "Runs",
    "Standing",
    "State",
    "Throttled",
    "Verdict",
    "ask",
    "choose",
    "choose_episodes",
    "due_now",
    "keeping",
    "look",
    "parse_feed",
    "read_feed",
    "refusal",
    "remembered",
    "standing",
    "standing_of",
    "why_nothing",
]
