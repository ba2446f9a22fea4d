"""Watching feeds in Dagster's own daemon: real processes, started as `inkwell-pipeline ui`, over loopback HTTP.

One installation for all of it, since it takes its time to begin. Feeds are asked every few seconds, some hosts never
answer. What a sensor decides is tested without a daemon (`test_sensors.py`).
"""

import json
import runpy
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline_tests.fakes.feed_host import FeedHost, feed_host
from inkwell_pipeline_tests.fakes.podcast_host import rss
from inkwell_pipeline_tests.installation import Installation, installed, unused_port, wait_until

SITE = Path(__file__).parents[3] / "shared" / "podcast_site.py"
WELL = [f"/well-{number}.xml" for number in range(8)]
HANGING, DRIPPING = ["/hanging-0.xml", "/hanging-1.xml"], ["/dripping.xml"]
TELEMETRY = "telemetry:\n  enabled: false\n"
POLLS = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="its processes are looked for in /proc"),
]


@dataclass(frozen=True)
class Watching:
    """An installation that watches all feeds of `host`, and `update` of the podcast site where that is there."""

    installation: Installation
    host: FeedHost
    site: str | None
    expected: dict[str, Any]

    @property
    def notes(self) -> list[str]:
        return sorted(path.stem for path in (self.installation.folder / "vault").rglob("*.md"))

    def wait_for_notes(self, number: int) -> None:
        wait_until(lambda: len(self.notes) >= number, f"{number} notes")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The podcast site's base URL, and what a reader should find there."""
    if not SITE.exists():
        yield None, {}
        return
    out = tmp_path_factory.mktemp("site")
    with runpy.run_path(str(SITE))["serve"](out) as base_url:
        yield base_url, json.loads((out / "expected.json").read_text())


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory, site: tuple[str | None, dict[str, Any]]) -> Iterator[Watching]:
    """Begun with nothing known; in a DAGSTER_HOME of the user's own, which does not forbid telemetry."""
    folder = tmp_path_factory.mktemp("watching")
    home = folder / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "event.log").write_text("{}\n")  # what Dagster would send as soon as it begins
    settings = (files("inkwell_pipeline.defs") / "dagster.yaml").read_text()
    assert TELEMETRY in settings
    (home / "dagster.yaml").write_text(settings.replace(TELEMETRY, ""))
    environment = {"DAGSTER_HOME": str(home), "DAGSTER_TELEMETRY_URL": f"http://127.0.0.1:{unused_port()}"}
    with feed_host() as host:
        host.bodies = dict.fromkeys((*WELL, *HANGING, *DRIPPING), rss("Nothing yet"))
        host.hanging, host.dripping = set(HANGING), set(DRIPPING)
        urls = [host.url(path) for path in host.bodies]
        urls += [f"{site[0]}/update/feed.xml"] if site[0] else []
        lines = [f"  feed-{number}: {{url: '{url}', watch: true}}" for number, url in enumerate(urls)]
        head = "allow_private_hosts: true\npoll_minutes: 0.05\nnewest: 10\nfeeds:"
        (folder / "inkwell.yaml").write_text("\n".join((head, *lines)) + "\n")
        with installed(folder, environment=environment) as installation:
            yield Watching(installation, host, *site)


def test_new_episodes_become_notes_without_a_hand(watching: Watching) -> None:
    """Five notes to begin with; the show publishes three episodes and edits a title, and exactly three are added."""
    if watching.site is None:
        pytest.skip("shared/podcast_site.py is not beside this checkout")
    watching.wait_for_notes(5)
    before = watching.notes

    urllib.request.urlopen(urllib.request.Request(f"{watching.site}/update", method="POST")).close()
    watching.wait_for_notes(8)

    added = [title for title in watching.notes if title not in before]
    of_before = {item["guid"] for item in watching.expected["update/v1.xml"]["items"]}
    items = [item for item in watching.expected["update/v2.xml"]["items"] if item["guid"] not in of_before]
    assert [title[:10] for title in added] == sorted(item["date"][:10] for item in items)
    assert len(added) == 3


def test_a_slow_host_holds_nobody_up(watching: Watching) -> None:
    """While two hosts never answer, and one gives a byte a second, all others are asked again and again, in turn.

    Each feed is asked once a round, wherever it stands in the round: between two polls of one feed nobody has more than
    two; a third is for a round that began before the other had ended. And no feed is asked for while an answer to that
    is under way: whoever is slow, because it has much to do, is not given more.
    """
    host = watching.host
    begun = len(host.asked)
    wait_until(lambda: all(len(host.times_s(path)) >= POLLS for path in WELL), "all are asked")
    asked = [one.path for one in host.asked[begun:] if one.path in WELL]

    assert {one.path for one in host.asked} >= {*HANGING, *DRIPPING}
    for path in WELL:
        places = [place for place, one in enumerate(asked) if one == path]
        for before, after in pairwise(places):
            between = asked[before + 1 : after]
            assert max(map(between.count, WELL)) <= 3, (path, between)
    assert host.most_at_once == 1


def test_nothing_is_told_to_dagsters_makers(watching: Watching) -> None:
    """Also from a DAGSTER_HOME whose dagster.yaml says nothing of telemetry: what was to be sent is still there."""
    home = watching.installation.folder / "home"

    assert (home / "logs" / "event.log").is_file()
