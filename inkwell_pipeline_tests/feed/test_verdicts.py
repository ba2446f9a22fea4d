"""Where podcastparser, feedparser and we differ, `docs/feeds.md` says so: each value of its table is checked."""

import json
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest

from inkwell_pipeline.feed import parse_feed
from inkwell_pipeline.models import episode_key

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "data" / "feeds" / "podcastparser"
FROM = "https://example.com/show/feed.xml"


def table() -> dict[str, list[str]]:
    """The cells of each case: podcastparser's, feedparser's, ours."""
    lines = (ROOT / "docs" / "feeds.md").read_text().split("| why |\n")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row[1:4] for row in rows}


def stated(cell: str) -> list[tuple[str, Any]]:
    """The `name=value` pairs of a cell, the value being JSON."""
    return [(name, json.loads(value)) for name, value in re.findall(r"`([\w.]+)=([^`]+)`", cell)]


def found(said: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted name; None where there is none."""
    value: Any = said
    for part in name.split("."):
        value = value[int(part)] if part.isdigit() else value.get(part)
    return value


@pytest.fixture(params=sorted(table()))
def case(request: pytest.FixtureRequest) -> str:
    if not CASES.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    return str(request.param)


def test_every_case_is_in_the_table() -> None:
    """One that is left out would be a difference that nobody explains."""
    if not CASES.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    assert sorted(table()) == sorted(path.stem for path in CASES.glob("*.rss"))


def test_podcastparser_s_verdict_is_as_stated(case: str) -> None:
    """It stands beside each case."""
    (episode,) = json.loads((CASES / f"{case}.json").read_text())["episodes"]

    pairs = stated(table()[case][0])
    assert pairs
    assert [(name, found(episode, name)) for name, _ in pairs] == pairs


def test_feedparser_s_verdict_is_as_stated(case: str) -> None:
    """As this version of it gives it."""
    (entry,) = feedparser.parse(BytesIO((CASES / f"{case}.rss").read_bytes())).entries

    pairs = stated(table()[case][1])
    assert pairs
    assert [(name, found(entry, name)) for name, _ in pairs] == pairs


def test_ours_is_as_stated(case: str) -> None:
    """What a user reads there is what they get."""
    cell = table()[case][2]
    episodes = parse_feed((CASES / f"{case}.rss").read_bytes(), name="rivers", base_url=FROM).episodes
    if cell == "no episode":
        assert episodes == ()
        return

    said = episodes[0].model_dump(mode="json")
    assert stated(cell)
    assert [(name, found(said, name)) for name, _ in stated(cell)] == stated(cell)


def test_the_key_without_a_guid_is_the_enclosure_s() -> None:
    """As the table has it for the case without one."""
    if not CASES.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    (episode,) = parse_feed((CASES / "no_guid.rss").read_bytes(), name="rivers", base_url=FROM).episodes

    assert episode.key == episode_key("rivers", "http://example.com/test.ogg")


def test_simple_chapters_keep_their_fractions() -> None:
    """As the table has it for the case of chapters, were there audio."""
    if not CASES.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    body = (CASES / "chapters.rss").read_bytes().replace(b"<guid>", b'<enclosure url="1.mp3"/><guid>')
    (episode,) = parse_feed(body, name="rivers", base_url=FROM).episodes

    assert [chapter.start_s for chapter in episode.chapters] == [0, 1, 62, 3723, 3723.4]
