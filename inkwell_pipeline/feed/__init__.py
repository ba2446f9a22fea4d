"""What was published: a feed's address becomes the episodes to look at."""

from inkwell_pipeline.feed.choose import choose
from inkwell_pipeline.feed.fetch import read_feed
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.feed.published import choose_episodes

__all__ = ["choose", "choose_episodes", "parse_feed", "read_feed"]
