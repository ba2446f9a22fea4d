"""Real feeds and transcripts, served as a podcast host would, from end to end. Runs where `../shared` is there."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from inkwell_pipeline.notes.markdown import wikilink
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.defs.runs import run, settings_for

SITE = Path(__file__).parents[3] / "shared" / "podcast_site.py"
FEEDS = (
    "talks/feed.xml",
    "local/podcasting20.xml",
    "local/podcast-namespace-example.xml",
    "local/newrustacean.xml",
    "local/blank-before-declaration.xml",
    "local/guid-dupes.xml",
    "local/latin1-undeclared.xml",
)
READABLE = ("vtt", "srt", "subrip")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """The site's base URL, and what a reader should find on it."""
    if not SITE.exists():
        pytest.skip("shared/podcast_site.py is not beside this checkout")
    out = tmp_path_factory.mktemp("site")
    with runpy.run_path(str(SITE))["serve"](out) as base_url:
        yield base_url, json.loads((out / "expected.json").read_text())


def all_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """The properties of every note in the vault, by guid."""
    found = {}
    for path in settings.vault.rglob("*.md"):
        properties = YAML(typ="safe").load(path.read_text().split("---\n")[1])
        found[properties["guid"]] = properties
    return found


@pytest.mark.parametrize("path", FEEDS)
def test_every_readable_transcript_becomes_a_note(path: str, site: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    """With the right date, guid and people; and a second run looks up every transcript and rewrites nothing."""
    base_url, expected = site
    settings = settings_for(tmp_path, FeedSettings("site", f"{base_url}/{path}", newest=1000))

    first = run(settings, "site")
    before = {note: note.stat().st_mtime_ns for note in settings.vault.rglob("*.md")}
    second = run(settings, "site")

    assert first.success, first.failures()
    assert second.success, second.failures()
    notes = all_of(settings)
    for item in expected[path]["items"]:
        if any(form in offer["type"] for offer in item["transcripts"] for form in READABLE):
            note = notes[item["guid"]]
            assert note["published"].isoformat() == item["date"][:10]
            assert note["title"] == item["title"]
            assert note["audio"] == item["enclosure"]
            people = note.get("people", [])
            assert {wikilink(person["name"]) for person in item["persons"]} <= set(people)
            assert len(people) == len(set(people))
            assert note["inkwell_transcript"] == "publisher"
    assert {note: note.stat().st_mtime_ns for note in settings.vault.rglob("*.md")} == before
    assert second.metadata("transcript")["cache_misses"] == 0
    assert second.metadata("notes")["notes_written"] == 0
