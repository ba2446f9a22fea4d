"""The files that a feed names for an episode, beside its audio: transcripts, chapters.

Belongs here: where their bytes come from, and who is shown the feed's secret. Does not: the feed itself
(`feed/fetch.py`), and what is in such a file.
"""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from inkwell_pipeline.credentials import own_header
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Episode
from inkwell_pipeline.settings import FeedSettings

__all__ = ["get_named_file"]


async def get_named_file(
    url: str, episode: Episode, *, feed: FeedSettings, http: Http, max_bytes: int
) -> tuple[bytes, str]:
    """The bytes, from a host at most `max_bytes` of them, and the address that gave them.

    Raises: TransientError, PermanentError, with feed and episode.
    """
    if url.startswith("file:"):
        # beside a feed that is itself a file; the feed's reader has refused all others
        path = Path(url2pathname(urlsplit(url).path))
        data = await read_bytes(path) if isinstance(feed.source, Path) else None
        if data is None:
            raise PermanentError(f"there is no file {path}", feed=feed.name, episode=episode.title)
        return data, url
    headers = own_header(feed, url)
    answer = await http.get(url, max_bytes=max_bytes, headers=headers, feed=feed.name, episode=episode.title)
    return answer.body, answer.url
