"""Asking for a feed over real HTTP, and what is remembered of it in real files."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import ConfigError, PermanentError, TransientError
from inkwell_pipeline.feed.memory import FeedMemory
from inkwell_pipeline.feed.parse import Outline
from inkwell_pipeline.feed.poll import FeedDesk, Polled, last_polled, poll, refusal
from inkwell_pipeline.feed.present import READER, Present
from inkwell_pipeline.feed.state import Failed, FeedState, Fetched, Gone, NotModified, Throttled, new_state
from inkwell_pipeline.http import Http
from inkwell_pipeline.settings import Auth, FeedSettings
from inkwell_pipeline_tests.builders import desk_at
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss
from inkwell_pipeline_tests.fakes.time import FakeTime

PATH, NEW_PATH = "/feed.xml", "/new/feed.xml"
RIVERS, MORE = rss("Rivers", Item("One", "g-1")), rss("Rivers", Item("Two", "g-2"), Item("One", "g-1"))
ETAG = 'W/"a, b"'


@pytest.fixture
def feed(host: PodcastHost) -> FeedSettings:
    return FeedSettings("rivers", host.publish(PATH, RIVERS))


@pytest.fixture
def desk(tmp_path: Path, http: Http, time: FakeTime) -> FeedDesk:
    return desk_at(tmp_path, http, clock=time.now)


async def polled(feed: FeedSettings, desk: FeedDesk) -> Polled:
    return await poll(feed, desk, patient=False)


def titles(present: Present | None) -> list[str]:
    return [sketch.title for sketch in present.episodes] if present else []


async def test_a_feed_that_has_not_changed_is_not_sent_again(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """The ETag goes back verbatim, weak or odd as it is; 304 means that body, which is not read again."""
    host.etags[PATH] = ETAG
    first = await polled(feed, desk)
    again = await polled(feed, desk)

    assert (first.outcome, again.outcome) == (Fetched(is_new=True), NotModified())
    assert host.requested[PATH]["If-None-Match"] == ETAG
    assert titles(first.present) == titles(again.present) == ["One"]
    assert first.outline is not None
    assert again.outline is None


async def test_last_modified_goes_back_verbatim(host: PodcastHost, feed: FeedSettings, desk: FeedDesk) -> None:
    """A host compares it as text, whatever a date should look like."""
    host.headers[PATH] = {"Last-Modified": "yesterday, about noon"}
    await polled(feed, desk)
    await polled(feed, desk)

    assert host.requested[PATH]["If-Modified-Since"] == "yesterday, about noon"


async def test_a_host_without_validators_sends_it_again_and_it_is_not_read_again(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """The same bytes are the same feed."""
    await polled(feed, desk)
    again = await polled(feed, desk)

    assert (again.outcome, again.outline, titles(again.present)) == (Fetched(is_new=False), None, ["One"])


async def test_a_new_body_is_read(host: PodcastHost, feed: FeedSettings, desk: FeedDesk, time: FakeTime) -> None:
    """And takes the old one's place, of which no file is left."""
    await polled(feed, desk)
    host.publish(PATH, MORE)
    time.moment += timedelta(hours=1)
    again = await polled(feed, desk)

    assert (again.outcome, titles(again.present)) == (Fetched(is_new=True), ["Two", "One"])
    assert again.state.changed_at == time.now()
    state, present = await desk.memory.state("rivers"), await desk.memory.present("rivers")
    assert (state, present) == (again.state, again.present)
    assert again.state.body is not None
    assert await desk.memory.body("rivers", again.state.body) == MORE
    assert await desk.memory.body("rivers", str(present and "0" * 64)) is None


async def test_a_body_that_is_damaged_on_the_disk_is_asked_for_anew(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk, tmp_path: Path
) -> None:
    """Without a condition: a 304 would mean what is no more."""
    host.etags[PATH] = ETAG
    await polled(feed, desk)
    (kept,) = (tmp_path / "feeds").glob("rivers.*.xml")
    kept.write_bytes(RIVERS[:-1])

    again = await polled(feed, desk)
    assert again.outcome == Fetched(is_new=True)
    assert "If-None-Match" not in host.requested[PATH]
    assert kept.read_bytes() == RIVERS


@pytest.mark.parametrize("name", ["rivers.json", "rivers.episodes.json"])
async def test_what_is_damaged_is_made_anew(name: str, feed: FeedSettings, desk: FeedDesk, tmp_path: Path) -> None:
    """All that is remembered of a host may be lost."""
    before = await polled(feed, desk)
    (tmp_path / "feeds" / name).write_text("{")

    assert titles((await polled(feed, desk)).present) == ["One"]
    assert await desk.memory.state("rivers") == before.state


async def test_a_page_instead_of_the_feed_takes_nothing_away(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """A hotel's sign-in answers 200 for every address: what there was stays, with its validators."""
    host.etags[PATH] = ETAG
    before = await polled(feed, desk)
    host.etags[PATH] = '"page"'
    host.publish(PATH, b"<html><body>Sign in</body></html>", "text/html")

    page = await polled(feed, desk)
    assert isinstance(page.outcome, Failed)
    assert "is a web page, no feed" in str(page.outcome.error)
    assert (page.state.body, page.state.etag, titles(page.present)) == (before.state.body, ETAG, ["One"])
    assert page.state.failures == 1


async def test_a_permanent_redirect_moves_the_feed(host: PodcastHost, feed: FeedSettings, desk: FeedDesk) -> None:
    """From the next time on it is asked for there; its episodes keep their keys."""
    before = await polled(feed, desk)
    host.publish(NEW_PATH, MORE)
    host.redirects[PATH] = host.url(NEW_PATH)
    await polled(feed, desk)
    moved = await polled(feed, desk)

    assert host.asked == [PATH, PATH, NEW_PATH, NEW_PATH]
    assert moved.state.url == host.url(NEW_PATH)
    assert before.present is not None
    assert moved.present is not None
    assert moved.present.episodes[-1].key == before.present.episodes[0].key


async def test_a_feed_that_names_its_new_address_moves_there(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """And back to the config's where it is not to be found there; that address is then not believed again."""
    new_url = host.url(NEW_PATH)
    host.publish(
        PATH, RIVERS.replace(b"<item>", f"<itunes:new-feed-url>{new_url}</itunes:new-feed-url><item>".encode())
    )
    assert (await polled(feed, desk)).state.url == new_url
    assert isinstance((await polled(feed, desk)).outcome, Failed)
    await polled(feed, desk)
    await polled(feed, desk)

    assert host.asked == [PATH, NEW_PATH, PATH, PATH]


async def test_a_moved_feed_outlives_a_bad_hour_of_its_new_host(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """Though its old address is gone: nobody would ever look at the new one again."""
    host.publish(NEW_PATH, RIVERS)
    host.redirects[PATH] = host.url(NEW_PATH)
    await polled(feed, desk)
    del host.redirects[PATH]
    host.statuses[PATH] = host.statuses[NEW_PATH] = 404
    assert isinstance((await polled(feed, desk)).outcome, Failed)
    del host.statuses[NEW_PATH]
    assert isinstance((await polled(feed, desk)).outcome, Failed)

    assert (await polled(feed, desk)).outcome == Fetched(is_new=False)
    assert host.asked[-3:] == [NEW_PATH, PATH, NEW_PATH]


async def test_another_address_in_the_config_begins_anew(host: PodcastHost, feed: FeedSettings, desk: FeedDesk) -> None:
    """No validator of the old one is sent, no hold of it kept."""
    host.etags[PATH] = ETAG
    await polled(feed, desk)
    host.statuses[PATH], host.retry_after[PATH] = 503, "3600"
    assert isinstance((await polled(feed, desk)).outcome, Throttled)

    other = FeedSettings("rivers", host.publish("/other.xml", MORE))
    assert (await polled(other, desk)).outcome == Fetched(is_new=True)
    assert "If-None-Match" not in host.requested["/other.xml"]


async def test_a_hold_is_kept_by_whoever_asks(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk, time: FakeTime
) -> None:
    """No request before its moment; the error's line says when that is. A date is as good as seconds."""
    host.statuses[PATH], host.retry_after[PATH] = 429, "Mon, 01 Apr 2024 13:00:00 GMT"
    await polled(feed, desk)
    time.moment += timedelta(minutes=59)
    held = await polled(feed, desk)
    assert isinstance(held.outcome, Throttled)
    assert str(refusal(held.outcome, feed, now=time.now())) == "feed rivers: its host asks to wait until 13:00 UTC"
    assert host.asked == [PATH]

    del host.statuses[PATH]
    time.moment += timedelta(minutes=1)
    assert (await polled(feed, desk)).outcome == Fetched(is_new=True)


async def test_a_feed_may_come_back_from_its_end(host: PodcastHost, feed: FeedSettings, desk: FeedDesk) -> None:
    """A run by hand asks all the same, and if there is a feed, it has not ended."""
    host.statuses[PATH] = 410
    gone = await polled(feed, desk)
    assert isinstance(gone.outcome, Gone)
    assert gone.state.gone_at is not None
    del host.statuses[PATH]

    assert (await polled(feed, desk)).state.gone_at is None


async def test_a_private_feed_s_secret_does_not_move_with_it(
    host: PodcastHost, desk: FeedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is for the host that the config names; another is asked without."""
    monkeypatch.setenv("TOKEN", "secret")
    private = FeedSettings("rivers", host.publish(PATH, RIVERS), auth=Auth(bearer_env="TOKEN"))
    elsewhere = host.url(NEW_PATH).replace("localhost", "127.0.0.1")
    host.publish(NEW_PATH, RIVERS)
    await desk.memory.save("rivers", new_state(str(private.source)).model_copy(update={"url": elsewhere}))

    await polled(private, desk)
    assert host.authorizations == {NEW_PATH: None}


async def test_a_missing_secret_is_raised_before_anything_is_asked(host: PodcastHost, desk: FeedDesk) -> None:
    """It is the config's mistake, not the host's failure."""
    private = FeedSettings("rivers", host.publish(PATH, RIVERS), auth=Auth(bearer_env="NO_SUCH_TOKEN"))

    with pytest.raises(ConfigError, match="NO_SUCH_TOKEN"):
        await polled(private, desk)
    assert host.asked == []


async def test_a_file_is_read_where_it_is(desk: FeedDesk, tmp_path: Path) -> None:
    """No copy of it is kept; unchanged, it is not read again."""
    (tmp_path / "feed.xml").write_bytes(RIVERS)
    local = FeedSettings("local", tmp_path / "feed.xml")

    assert (await polled(local, desk)).outcome == Fetched(is_new=True)
    again = await polled(local, desk)
    assert (again.outcome, again.outline, titles(again.present)) == (Fetched(is_new=False), None, ["One"])
    assert not list((tmp_path / "feeds").glob("*.xml"))
    (tmp_path / "feed.xml").unlink()
    assert isinstance((await polled(local, desk)).outcome, Failed)


async def test_what_is_read_is_handed_on_before_it_counts_as_seen(
    host: PodcastHost, feed: FeedSettings, desk: FeedDesk
) -> None:
    """Was that cut short, the next one reads it once more."""

    async def cut_short(_: Outline) -> None:
        raise TransientError("no space left")

    with pytest.raises(TransientError):
        await poll(feed, desk, patient=False, keep=cut_short)
    handed: list[Outline] = []

    async def keep(outline: Outline) -> None:
        handed.append(outline)

    await poll(feed, desk, patient=False, keep=keep)
    assert len(handed) == 1


async def test_the_last_body_is_there_without_asking(host: PodcastHost, feed: FeedSettings, desk: FeedDesk) -> None:
    """For a run that a sensor has asked for."""
    assert await last_polled(feed, desk) is None
    await polled(feed, desk)
    last = await last_polled(feed, desk, reads=True)

    assert last is not None
    assert last.outline is not None
    assert titles(last.present) == ["One"]
    assert host.asked == [PATH]


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Gone(), PermanentError),
        (Throttled(FakeTime().now() + timedelta(days=2)), TransientError),
        (Failed(PermanentError("no")), PermanentError),
    ],
)
def test_a_refusal_is_an_error_that_says_what_to_do(outcome: Gone | Throttled | Failed, kind: type[Exception]) -> None:
    """Permanent where waiting does not help."""
    assert isinstance(refusal(outcome, FeedSettings("rivers", "https://example.com"), now=FakeTime().now()), kind)


@given(title=st.text(), ttl=st.none() | st.integers(0, 10**9))
def test_what_was_read_comes_back_from_its_file(title: str, ttl: int | None) -> None:
    """Whatever a feed calls itself."""
    try:
        written = Present(body="0" * 64, reader=READER, title=title, ttl_minutes=ttl).model_dump_json()
    except ValueError:
        return
    assert Present.model_validate_json(written).title == title


async def test_a_state_is_private(feed: FeedSettings, desk: FeedDesk, tmp_path: Path) -> None:
    """Addresses of private feeds hold their secrets."""
    await polled(feed, desk)

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "feeds").iterdir()} == {0o600}
    assert isinstance(await FeedMemory(tmp_path).state("rivers"), FeedState)
