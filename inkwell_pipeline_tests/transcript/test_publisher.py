"""Which of a publisher's offers is best, and how one is fetched and read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Offer
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.transcript import UnreadableTranscript
from inkwell_pipeline.transcript.forms import Form, declared_form
from inkwell_pipeline.transcript.publisher import fetch_transcript, preferred
from inkwell_pipeline_tests.builders import LINES, episode, srt, vtt
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost

VTT = Offer(url="https://h/1.vtt", media_type="text/vtt")
SRT = Offer(url="https://h/1.srt", media_type="application/srt")
HTML = Offer(url="https://h/1.html", media_type="text/html")
JSON = Offer(url="https://h/1.json", media_type="application/json")
TEXT = Offer(url="https://h/1.txt", media_type="text/plain")
OTHER = Offer(url="https://h/1", media_type="application/octet-stream")


def spoken(offer: Offer, language: str) -> Offer:
    return offer.model_copy(update={"language": language})


def test_a_form_that_can_tell_more_comes_first() -> None:
    """VTT has voices and times, JSON the same by the word, SRT times; HTML speakers and few times; text words."""
    assert preferred((TEXT, HTML, SRT, JSON, OTHER, VTT), language="en") == [VTT, JSON, SRT, HTML, OTHER, TEXT]


def test_the_user_s_language_comes_before_the_form() -> None:
    """A transcript in a language that one cannot read is worth little."""
    german, english = spoken(VTT, "de"), spoken(SRT, "en-US")

    assert preferred((german, english), language="en") == [english, german]


def test_an_offer_without_a_language_is_taken_for_the_user_s() -> None:
    """Most publishers state none, and speak the show's language."""
    assert preferred((spoken(VTT, "fr"), SRT), language="en-GB")[0] == SRT


@pytest.mark.parametrize(
    ("url", "media_type", "form"),
    [
        ("https://h/t", "text/vtt", "vtt"),
        ("https://h/1.VTT", "", "vtt"),
        ("https://h/1.srt", "text/plain", "srt"),  # what servers call anything
        ("https://h/1.srt", "text/vtt", "vtt"),
        ("https://h/1.html", "application/json", "json"),
        ("https://h/1.md", "text/plain", "text"),
        ("https://h/1", "application/octet-stream", None),
        ("https://h/1.pdf", "", None),
    ],
)
def test_a_form_is_told_by_its_type_or_its_name(url: str, media_type: str, form: Form | None) -> None:
    """Publishers are careless with both: it says which offer is tried first, not how it is read."""
    assert declared_form(url, media_type) == form


@given(st.permutations([VTT, SRT, HTML, JSON, spoken(VTT, "de"), spoken(SRT, "de")]))
def test_the_order_of_the_feed_makes_no_difference_between_kinds(offers: list[Offer]) -> None:
    """Best first, none lost, whatever stands first in the feed."""
    assert preferred(tuple(offers), language="de") == [
        *(offer for offer in offers if offer in (VTT, spoken(VTT, "de"))),
        JSON,
        *(offer for offer in offers if offer in (SRT, spoken(SRT, "de"))),
        HTML,
    ]


@pytest.mark.parametrize("captions", [vtt(), srt()])
async def test_a_transcript_is_fetched_and_read(host: PodcastHost, http: Http, captions: bytes) -> None:
    """By what is in it, not by what the publisher calls it."""
    offer = Offer(url=host.publish("/1", captions), media_type="text/vtt", language="en")

    transcript = await fetch_transcript(offer, episode(), feed=FeedSettings("rivers", host.url("/feed")), http=http)

    assert (transcript.source, transcript.language) == ("publisher", "en")
    assert [segment.text for segment in transcript.segments] == list(LINES)


async def test_what_cannot_be_read_names_feed_episode_and_address(host: PodcastHost, http: Http) -> None:
    """The user can look at it; the address's query may hold a secret, and is not shown."""
    offer = Offer(url=host.publish("/1.vtt", b"<html>") + "?token=secret", media_type="text/vtt")

    with pytest.raises(UnreadableTranscript) as caught:
        await fetch_transcript(offer, episode(), feed=FeedSettings("rivers", host.url("/feed")), http=http)

    line = str(caught.value)
    assert line.startswith("feed rivers, episode The gauge: the transcript cannot be read: it is a web page")
    assert "/1.vtt" in line
    assert "secret" not in line


@pytest.mark.parametrize(("status", "kind"), [(404, PermanentError), (503, TransientError)])
async def test_a_refusal_keeps_its_kind(host: PodcastHost, http: Http, status: int, kind: type[Exception]) -> None:
    """Whether another try is worth it is known by the status."""
    host.statuses["/1.vtt"] = status
    offer = Offer(url=host.url("/1.vtt"))

    with pytest.raises(kind, match=f"episode The gauge: the host answers {status}"):
        await fetch_transcript(offer, episode(), feed=FeedSettings("rivers", host.url("/feed")), http=http)


async def test_a_file_s_feed_has_files(tmp_path: Path, http: Http) -> None:
    """The sample's transcripts lie beside its feed."""
    (tmp_path / "1 %.vtt").write_bytes(vtt())
    offer = Offer(url=(tmp_path / "1 %.vtt").as_uri())

    found = await fetch_transcript(offer, episode(), feed=FeedSettings("rivers", tmp_path / "feed.xml"), http=http)

    assert len(found.segments) == len(LINES)


async def test_a_feed_of_the_network_has_no_files(tmp_path: Path, http: Http) -> None:
    """The second lock behind the feed's reader: no feed brings a user's file into their notes."""
    (tmp_path / "1.vtt").write_bytes(vtt())
    offer = Offer(url=(tmp_path / "1.vtt").as_uri())

    with pytest.raises(PermanentError, match="there is no file"):
        await fetch_transcript(offer, episode(), feed=FeedSettings("rivers", "https://h/feed"), http=http)
