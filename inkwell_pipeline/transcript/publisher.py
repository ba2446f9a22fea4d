"""The publisher's own transcript: free, and made by those who know the names.

Belongs here: which of several offers is best, and how one is fetched. Does not: reading what was fetched (`forms.py`),
and what happens to an episode without one (`find.py`).
"""

from urllib.parse import urlsplit

from inkwell_pipeline.http import Http, without_secrets
from inkwell_pipeline.models import Episode, Offer, Transcript
from inkwell_pipeline.named_file import get_named_file
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.forms import Form, declared_form, read_transcript
from inkwell_pipeline.transcript.reading import MAX_TRANSCRIPT_BYTES, UnreadableTranscript

__all__ = ["READER", "fetch_transcript", "preferred"]

READER = "publisher:2"  # in the cache's keys: raise it when the same bytes are read differently
# what a form can tell, best first: voices and times; the same, often by the word; times; voices, few times; words.
# An unknown form is tried before plain words alone.
ORDER: tuple[Form | None, ...] = ("vtt", "json", "srt", "html", None, "text")


def preferred(offers: tuple[Offer, ...], *, language: str) -> list[Offer]:
    """All offers, best first: those in the user's language, then by what their form can tell, then as in the feed."""

    def rank(offer: Offer) -> tuple[bool, int]:
        form = declared_form(urlsplit(offer.url).path, offer.media_type)
        return not _speaks(offer, language), ORDER.index(form)

    return sorted(offers, key=rank)


def _speaks(offer: Offer, language: str) -> bool:
    """An offer that states no language is in the show's, for all that we know the user's."""
    stated = (offer.language or language).lower()
    return stated.partition("-")[0] == language.lower().partition("-")[0]


async def fetch_transcript(offer: Offer, episode: Episode, *, feed: FeedSettings, http: Http) -> Transcript:
    """The transcript of one offer.

    Raises: TransientError, PermanentError (not to be had), UnreadableTranscript (none in it), with feed, episode and
    address.
    """
    url = offer.url
    data, _ = await get_named_file(url, episode, feed=feed, http=http, max_bytes=MAX_TRANSCRIPT_BYTES)
    declared = declared_form(urlsplit(url).path, offer.media_type)
    try:
        reading = await computed(read_transcript, data, declared=declared)
    except UnreadableTranscript as error:
        says = f"the transcript cannot be read: {error.text}"
        raise UnreadableTranscript(says, feed=feed.name, episode=episode.title, url=without_secrets(url)) from None
    return Transcript(source="publisher", language=offer.language, remarks=reading.remarks, segments=reading.segments)
