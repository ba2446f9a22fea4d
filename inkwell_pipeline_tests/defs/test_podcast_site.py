"""Real feeds and transcripts, served as a podcast host would, from end to end. Runs where `../shared` is there."""

import json
import runpy
import urllib.request
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.feed import choose_episodes, read_feed
from inkwell_pipeline.feed.times import times_in
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Episode
from inkwell_pipeline.notes.markdown import wikilink
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.builders import desk_at
from inkwell_pipeline_tests.defs.runs import run, settings_for

SITE = Path(__file__).parents[3] / "shared" / "podcast_site.py"
NAMES = sorted(path.name for path in (SITE.parent / "data" / "feeds").glob("*.xml"))
SHOWS = ("talks/feed.xml", "odd/feed.xml", "update/feed.xml", *(f"local/{name}" for name in NAMES))
FEEDS = (
    "talks/feed.xml",
    "local/podcasting20.xml",
    "local/podcast-namespace-example.xml",
    "local/newrustacean.xml",
    "local/blank-before-declaration.xml",
    "local/guid-dupes.xml",
    "local/latin1-undeclared.xml",
)
READABLE = ("vtt", "srt", "subrip", "json", "html", "plain")


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
    return {properties["guid"]: properties for _, properties in _notes(settings)}


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


def only_episodes(expected: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [item for item in expected[path]["items"] if item["enclosure"] or item["transcripts"]]


@pytest.mark.parametrize("path", [*SHOWS, *(f"real/{name}" for name in NAMES)])
async def test_a_feed_is_read_as_expected(path: str, site: tuple[str, dict[str, Any]], http: Http) -> None:
    """Guids, dates, titles, enclosures, transcripts and persons of real publishers, in the order of the feed."""
    base_url, expected = site

    feed = await read_feed(FeedSettings("site", f"{base_url}/{path}"), http=http)

    items = only_episodes(expected, path)
    assert [_seen(episode) for episode in feed.episodes] == [_wanted(item) for item in items]
    assert feed.not_episodes == len(expected[path]["items"]) - len(items)
    assert len({episode.key for episode in feed.episodes}) == len(items)


def _seen(episode: Episode) -> dict[str, Any]:
    return {
        "guid": episode.guid,
        "title": episode.title,
        "date": episode.published.isoformat() if episode.published else None,
        "enclosure": episode.audio_url,
        "transcripts": [(offer.url, offer.media_type) for offer in episode.offers],
        "chapters": episode.chapters_url,
        "persons": {(person.name, person.role) for person in episode.persons},
    }


def _wanted(item: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: item[name] for name in ("guid", "date", "enclosure")},
        "title": " ".join(item["title"].split()),
        "transcripts": [(offer["url"], offer["type"]) for offer in item["transcripts"]],
        "chapters": item["chapters"] and item["chapters"]["url"],
        "persons": {(person["name"], person["role"].lower()) for person in item["persons"]},
    }


@pytest.mark.parametrize("path", SHOWS)
async def test_what_is_offered_is_what_is_there(path: str, site: tuple[str, dict[str, Any]], http: Http) -> None:
    """Every transcript's address gives the very bytes, after redirects; or an error of ours, where it gives none."""
    base_url, expected = site
    feed = await read_feed(FeedSettings("site", f"{base_url}/{path}"), http=http)

    for episode, item in zip(feed.episodes, only_episodes(expected, path), strict=True):
        for offer, wanted in zip(episode.offers, item["transcripts"], strict=True):
            assert await _hash(offer.url, http) == wanted["sha256"], episode.title


async def _hash(url: str, http: Http) -> str | None:
    try:
        return sha256((await http.get(url, max_bytes=1_000_000)).body).hexdigest()
    except InkwellError:  # not there, or a ring of redirects
        return None


@pytest.mark.parametrize("path", SHOWS)
async def test_chapters_are_those_of_their_files(
    path: str, site: tuple[str, dict[str, Any]], http: Http, tmp_path: Path
) -> None:
    """Times, titles, and which are not listed; of every episode that names a file."""
    base_url, expected = site
    shelf = EpisodeShelf(tmp_path)
    feed = FeedSettings("site", f"{base_url}/{path}")

    report = await choose_episodes(feed, run_id="run-1", newest=1000, wanted=(), desk=desk_at(tmp_path, http))

    items = {(item["guid"], item["title"]): item["chapters"] for item in only_episodes(expected, path)}
    for episode in await shelf.take("site", report.manifest.keys):
        if chapters := items[(episode.guid, episode.title)]:
            found = [(chapter.start_s, chapter.title, chapter.listed) for chapter in episode.chapters]
            assert found == [
                (entry["startTime"], entry.get("title", ""), entry.get("toc", True)) for entry in chapters["entries"]
            ]
            assert episode.chapters_from == "json"


def test_the_chapters_in_show_notes_are_those_of_the_file(site: tuple[str, dict[str, Any]]) -> None:
    """Two shows have the same list in both places: what is guessed from the notes is what the publisher means."""
    base_url, _ = site
    for slug in ("syntax-099", "syntax-102"):
        entries = json.loads(_get(f"{base_url}/talks/{slug}.chapters.json"))["chapters"]
        times = times_in(_get(f"{base_url}/pages/{slug}.html").decode())
        assert [start_s for start_s, _ in times] == [entry["startTime"] for entry in entries]


def _get(url: str, *, method: str = "GET") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return bytes(answer.read())


def test_new_episodes_become_notes_and_an_edited_title_keeps_its_file(tmp_path: Path) -> None:
    """Between two runs the show gets three items, and one old title is edited."""
    if not SITE.exists():
        pytest.skip("shared/podcast_site.py is not beside this checkout")
    out = tmp_path / "site"
    with runpy.run_path(str(SITE))["serve"](out) as base_url:
        expected = json.loads((out / "expected.json").read_text())
        settings = settings_for(tmp_path, FeedSettings("site", f"{base_url}/update/feed.xml", newest=10))
        first = run(settings, "site")
        before = {properties["inkwell_id"]: path for path, properties in _notes(settings)}
        _get(f"{base_url}/update", method="POST")
        second = run(settings, "site")

    assert first.success, first.failures()
    assert second.success, second.failures()
    after = {properties["inkwell_id"]: (path, properties["title"]) for path, properties in _notes(settings)}
    assert (len(before), len(after)) == (5, 8)
    assert {key: after[key][0] for key in before} == before
    assert sorted(title for _, title in after.values()) == sorted(
        item["title"] for item in expected["update/v2.xml"]["items"]
    )


def _notes(settings: Settings) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, YAML(typ="safe").load(path.read_text().split("---\n")[1])) for path in settings.vault.rglob("*.md")]
