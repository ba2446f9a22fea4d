"""The publisher's own transcript: free, and made by those who know the names.

Belongs here: which of several offers is best, and how one is fetched and read. Does not: a format's grammar
(`captions.py`), and what happens to an episode without one (`find.py`).
"""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.http import Http, auth_header, same_host, without_secrets
from inkwell_pipeline.models import Episode, Offer, Transcript
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.captions import UnreadableCaptions, parse_captions

__all__ = ["READER", "fetch_transcript", "preferred"]

READER = "publisher:1"  # in the cache's keys: raise it when the same bytes are read differently
MAX_TRANSCRIPT_BYTES = 20_000_000
VTT_TYPES = frozenset({"text/vtt", "application/vtt"})
SRT_TYPES = frozenset({"application/x-subrip", "application/srt", "text/srt", "application/subrip", "text/x-subrip"})


def preferred(offers: tuple[Offer, ...], *, language: str) -> list[Offer]:
    """The offers that can be read, best first: the user's language, then VTT, which has voices, before SRT."""
    readable = [offer for offer in offers if _form(offer) is not None]
    return sorted(readable, key=lambda offer: (not _speaks(offer, language), _form(offer) != "vtt"))


def _form(offer: Offer) -> str | None:
    suffix = urlsplit(offer.url).path.rpartition(".")[2].lower()
    if offer.media_type in VTT_TYPES or suffix == "vtt":
        return "vtt"
    if offer.media_type in SRT_TYPES or suffix == "srt":
        return "srt"
    return None


def _speaks(offer: Offer, language: str) -> bool:
    """An offer that states no language is in the show's, for all that we know the user's."""
    stated = (offer.language or language).lower()
    return stated.partition("-")[0] == language.lower().partition("-")[0]


async def fetch_transcript(offer: Offer, episode: Episode, *, feed: FeedSettings, http: Http) -> Transcript:
    """The transcript of one offer.

    Raises: TransientError, PermanentError (not to be had), UnreadableCaptions (no captions in it), with feed,
    episode and address.
    """
    url = offer.url
    if url.startswith("file:"):
        data = await _read_file(url, episode, feed=feed)
    else:
        # a private feed's secret goes to that feed's own host alone
        own = isinstance(feed.source, str) and same_host(feed.source, url)
        headers = auth_header(feed.auth, feed=feed.name) if own else {}
        answer = await http.get(
            url, max_bytes=MAX_TRANSCRIPT_BYTES, headers=headers, feed=feed.name, episode=episode.title
        )
        data = answer.body
    try:
        segments = await computed(parse_captions, data)
    except UnreadableCaptions as error:
        says = f"the transcript cannot be read as WebVTT or SRT: {error.text}"
        raise UnreadableCaptions(says, feed=feed.name, episode=episode.title, url=without_secrets(url)) from None
    return Transcript(source="publisher", language=offer.language, segments=segments)


async def _read_file(url: str, episode: Episode, *, feed: FeedSettings) -> bytes:
    """A file beside a feed that is itself a file; the feed's reader has refused all others."""
    path = Path(url2pathname(urlsplit(url).path))
    data = await read_bytes(path) if isinstance(feed.source, Path) else None
    if data is None:
        raise PermanentError(f"there is no file {path}", feed=feed.name, episode=episode.title)
    return data
