"""From an address to a feed: over real HTTP, or out of a file."""

from pathlib import Path

import pytest

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.feed import read_feed
from inkwell_pipeline.http import Http
from inkwell_pipeline.settings import Auth, FeedSettings
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss


async def test_a_feed_is_fetched_and_its_addresses_are_whole(host: PodcastHost, http: Http) -> None:
    """One request; what stands in the feed is relative to where it was in the end."""
    host.publish("/new/feed.xml", rss("Rivers", Item("One", audio="1.mp3")))
    host.redirects["/feed.xml"] = host.url("/new/feed.xml")

    feed = await read_feed(FeedSettings(name="rivers", source=host.url("/feed.xml")), http=http)

    assert (feed.title, feed.episodes[0].audio_url) == ("Rivers", host.url("/new/1.mp3"))
    assert host.asked == ["/feed.xml", "/new/feed.xml"]


async def test_a_feed_may_be_a_file(tmp_path: Path, http: Http) -> None:
    """The sample is one, and so is a feed that somebody keeps by hand."""
    (tmp_path / "feed.xml").write_bytes(rss("Rivers", Item("One", audio="1.mp3")))

    feed = await read_feed(FeedSettings(name="rivers", source=tmp_path / "feed.xml"), http=http)

    assert feed.episodes[0].audio_url == (tmp_path / "1.mp3").as_uri()


async def test_a_file_that_is_not_there_is_named(tmp_path: Path, http: Http) -> None:
    """The line has the feed's name and the path."""
    with pytest.raises(PermanentError, match=r"feed rivers: there is no file .*feed\.xml"):
        await read_feed(FeedSettings(name="rivers", source=tmp_path / "feed.xml"), http=http)


@pytest.mark.parametrize(("status", "kind"), [(404, PermanentError), (410, PermanentError), (503, TransientError)])
async def test_a_host_s_refusal_is_an_error(host: PodcastHost, http: Http, status: int, kind: type[Exception]) -> None:
    """Permanent or worth another try, with the feed's name and its address."""
    host.statuses["/feed.xml"] = status

    with pytest.raises(kind, match=rf"feed rivers: the host answers {status} \[http.*/feed\.xml\]"):
        await read_feed(FeedSettings(name="rivers", source=host.url("/feed.xml")), http=http)


async def test_a_page_instead_of_a_feed_is_an_error(host: PodcastHost, http: Http) -> None:
    """A host's "not found" with status 200; its address is in the line, its token is not."""
    host.publish("/feed.xml", b"<html><body>Not found</body></html>", "text/html")

    with pytest.raises(PermanentError, match="is a web page, no feed") as caught:
        await read_feed(FeedSettings(name="rivers", source=host.url("/feed.xml?token=secret")), http=http)
    assert "secret" not in str(caught.value)


async def test_a_private_feed_is_asked_for_with_its_secret(
    host: PodcastHost, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The config names a variable, whose value goes to the feed's host."""
    monkeypatch.setenv("RIVERS_TOKEN", "t0ken")
    host.publish("/feed.xml", rss("Rivers"))
    settings = FeedSettings(name="rivers", source=host.url("/feed.xml"), auth=Auth(bearer_env="RIVERS_TOKEN"))

    await read_feed(settings, http=http)

    assert host.authorizations["/feed.xml"] == "Bearer t0ken"
