"""Asking on behalf of ticks: what several of them share, and how long each waits."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inkwell_pipeline.defs.watching import Watch
from inkwell_pipeline.feed import Failed, NotAsked
from inkwell_pipeline.feed.state import Fetched
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline_tests.defs.runs import settings_for
from inkwell_pipeline_tests.fakes.feed_host import FeedHost, feed_host
from inkwell_pipeline_tests.fakes.podcast_host import rss
from inkwell_pipeline_tests.installation import wait_until


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """With one feed."""
    with feed_host() as host:
        host.bodies["/feed.xml"] = rss("Rivers")
        yield host


def test_two_ticks_may_wait_for_one_answer(host: FeedHost, tmp_path: Path) -> None:
    """The daemon gives a sensor one tick at a time, and whoever tries it out in the UI another."""
    host.hanging.add("/feed.xml")
    feed = FeedSettings("rivers", host.url("/feed.xml"))
    watch = Watch(settings_for(tmp_path, feed))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(watch.asked, feed)
        wait_until(lambda: host.under_way["/feed.xml"] == 1, "the host is asked")
        second = threads.submit(watch.asked, feed)
        time.sleep(0.2)  # so that it most probably waits, too; if not, nothing is shown, and nothing fails
        host.hanging.clear()

        outcomes = [first.result().outcome, second.result().outcome]
    watch.close()

    assert outcomes[0] == Fetched(is_new=True)
    assert not isinstance(outcomes[1], Failed)


def test_a_host_that_is_slow_is_waited_for_beyond_its_tick(host: FeedHost, tmp_path: Path) -> None:
    """Dagster gives a tick a minute, and other feeds want its thread. What the host says in the end is not lost."""
    host.hanging.add("/feed.xml")
    feed = FeedSettings("rivers", host.url("/feed.xml"))
    watch = Watch(settings_for(tmp_path, feed), patience_s=0.2, short_patience_s=0.1)
    first, second = watch.asked(feed), watch.asked(feed)
    assert isinstance(first.outcome, NotAsked)
    assert first.outcome.why.startswith("the host has not answered yet, asked at ")
    assert second.outcome == first.outcome
    assert host.most_at_once == 1

    host.hanging.clear()
    wait_until(lambda: watch.asked(feed).present is not None, "its answer is known")
    watch.close()


def test_a_host_that_was_out_of_order_and_hangs_makes_the_tick_red(host: FeedHost, tmp_path: Path) -> None:
    """It is no longer only slow: the sensor would say that it waits until the end of days."""
    feed = FeedSettings("rivers", host.url("/nothing.xml"))
    watch = Watch(settings_for(tmp_path, feed), patience_s=30, short_patience_s=0.1)
    assert isinstance(watch.asked(feed).outcome, Failed)
    watch.close()

    host.hanging.add("/nothing.xml")
    watch = Watch(settings_for(tmp_path, feed), patience_s=0.2, short_patience_s=0.1)
    outcome = watch.asked(feed).outcome
    watch.close()
    assert isinstance(outcome, Failed)
    assert "the host has not answered yet, asked at " in str(outcome.error)
    assert str(outcome.error).endswith("; the last time: the host answers 404")
