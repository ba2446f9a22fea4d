"""How many requests go to one host at once, and that no host holds up another. Ordered by events alone."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from inkwell_pipeline.http import Answer, Http, open_http
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.raw_host import busy_host


async def get(http: Http, url: str) -> Answer:
    async with asyncio.timeout(60):
        return await http.get(url, max_bytes=100)


async def time_for_more(http: Http, quick: PodcastHost) -> None:
    """Enough for requests that may go out to have come to their hosts: others, asked for later, have been answered."""
    url = quick.publish("/quick", b"")
    for _ in range(5):
        await get(http, url)


async def test_one_host_has_no_more_requests_at_once_than_the_limit(host: PodcastHost) -> None:
    """`concurrency.http` is a promise to hosts: two are asked at once, the others wait for their turn."""
    async with open_http(limit=2, allow_private_hosts=True) as http, busy_host() as busy:
        asking = [asyncio.create_task(get(http, f"{busy.url}/{number}")) for number in range(5)]
        await busy.holds(2)
        await time_for_more(http, host)
        assert len(busy.asked) == 2
        await busy.let_go(5)
        await asyncio.gather(*asking)

    assert (len(busy.asked), busy.most) == (5, 2)


async def test_hosts_that_do_not_answer_hold_up_nobody_else(host: PodcastHost) -> None:
    """Forty feeds are polled through one client, and some of their hosts hang: no place is everybody's."""
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(open_http(limit=1, allow_private_hosts=True))
        hanging = [await opened.enter_async_context(busy_host()) for _ in range(10)]
        asking = [asyncio.create_task(get(http, f"{busy.url}/{number}")) for busy in hanging for number in range(2)]
        for busy in hanging:
            await busy.holds(1)

        assert (await get(http, host.publish("/feed.xml", b"<rss/>"))).body == b"<rss/>"

        assert not any(task.done() for task in asking)
        for busy in hanging:
            await busy.let_go(2)
        await asyncio.gather(*asking)
    assert [busy.most for busy in hanging] == [1] * 10


async def test_a_redirect_counts_where_it_leads(host: PodcastHost) -> None:
    """The host that is left has its place back; the one that it leads to is asked no more often than others are."""
    host.publish("/feed.xml", b"<rss/>")
    async with open_http(limit=1, allow_private_hosts=True) as http, busy_host() as busy:
        host.redirects["/episode"] = f"{busy.url}/episode"
        first = asyncio.create_task(get(http, host.url("/episode")))
        await busy.holds(1)
        second = asyncio.create_task(get(http, f"{busy.url}/other"))

        assert (await get(http, host.url("/feed.xml"))).body == b"<rss/>"

        await time_for_more(http, host)
        assert busy.asked == ["/episode"]
        await busy.let_go(2)
        await asyncio.gather(first, second)
    assert (busy.asked, busy.most) == (["/episode", "/other"], 1)


async def test_two_hosts_that_redirect_to_each_other_are_both_answered() -> None:
    """With one place at each: nobody waits for a second place with the first in hand."""
    async with open_http(limit=1, allow_private_hosts=True) as http, busy_host() as one, busy_host() as other:
        one.redirects["/to-other"], other.redirects["/to-one"] = f"{other.url}/feed", f"{one.url}/feed"
        await one.let_go(20)
        await other.let_go(20)

        await asyncio.gather(
            *(get(http, f"{one.url}/to-other") for _ in range(20)),
            *(get(http, f"{other.url}/to-one") for _ in range(20)),
        )

    assert (one.most, other.most) == (1, 1)


async def test_one_that_is_stopped_gives_its_place_back() -> None:
    """A sensor's tick that is cut short must not cost its host a place for as long as the daemon lives."""
    async with open_http(limit=1, allow_private_hosts=True) as http, busy_host() as busy:
        stopped = asyncio.create_task(get(http, f"{busy.url}/1"))
        await busy.holds(1)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
        asking = asyncio.create_task(get(http, f"{busy.url}/2"))
        await busy.holds(2)  # the host has not noticed yet that the first one is gone
        await busy.let_go(2)

        assert (await asking).body == b"<rss/>"
