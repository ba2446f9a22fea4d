"""Whole runs against a podcast host: what is asked for, what is written, and that the figures say so."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import dagster as dg
import pytest

from inkwell_pipeline.extraction import Extraction, Material, Template
from inkwell_pipeline.models import Item as SectionItem
from inkwell_pipeline.models import Section
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.builders import EVERYWHERE, OF_EXTRACTION, OF_TRANSCRIPT, srt, vtt
from inkwell_pipeline_tests.defs.runs import instance_at, run, settings_for, table
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss

ASSETS = ("feed", "transcript", "extraction", "notes")
EVERY_ASSET = EVERYWHERE | {"episode_table"}
OF_ITS_OWN = {
    "feed": set[str](),
    "transcript": OF_TRANSCRIPT | {"without_transcript", "approximate_times"},
    "extraction": OF_EXTRACTION,
    "notes": {"notes_written", "notes_unchanged", "edits_kept", "paths", "preview"},
}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_at(tmp_path) as instance:
        yield instance


@pytest.fixture
def rivers(host: PodcastHost, tmp_path: Path) -> Settings:
    """A show of three episodes: one with VTT, one with SRT, one without a transcript."""
    host.publish("/1.vtt", vtt(), "text/vtt")
    host.publish("/2.srt", srt(), "application/x-subrip")
    items = (
        Item(
            "Three: the ferry", guid="r3", date="Wed, 03 Apr 2024 09:00:00 GMT", show_notes="<p>Read <b>this</b>.</p>"
        ),
        Item(
            "Two: the bridge",
            guid="r2",
            date="Tue, 02 Apr 2024 09:00:00 GMT",
            transcripts=((host.url("/2.srt"), "application/x-subrip"),),
        ),
        Item(
            "One: the gauge",
            guid="r1",
            date="Mon, 01 Apr 2024 09:00:00 GMT",
            transcripts=((host.url("/1.vtt"), "text/vtt"),),
            persons=("Ada Brook", "Bo Ford"),
        ),
    )
    host.publish("/rivers.xml", rss("Rivers", *items), "application/rss+xml")
    return settings_for(tmp_path, FeedSettings("rivers", host.url("/rivers.xml")))


def notes_of(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in settings.vault.rglob("*.md")}


def test_every_episode_gets_its_note(rivers: Settings) -> None:
    """With its date and title in its name; one without a transcript too, from what its publisher says."""
    done = run(rivers, "rivers")

    assert done.success
    found = notes_of(rivers)
    assert sorted(found) == [
        "2024-04-01 One - the gauge.md",
        "2024-04-02 Two - the bridge.md",
        "2024-04-03 Three - the ferry.md",
    ]
    assert b"inkwell_transcript: none" in found["2024-04-03 Three - the ferry.md"]
    assert b"*No transcript: its publisher offers none; " in found["2024-04-03 Three - the ferry.md"]
    assert b"Read **this**." in found["2024-04-03 Three - the ferry.md"]
    assert b'  - "[[Ada Brook]]"\n  - "[[Bo Ford]]"\n' in found["2024-04-01 One - the gauge.md"]


def test_a_second_run_asks_for_no_transcript_and_rewrites_nothing(rivers: Settings, host: PodcastHost) -> None:
    """Nothing is fetched or written twice; files keep their times."""
    run(rivers, "rivers")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in rivers.vault.rglob("*.md")}
    host.asked.clear()

    done = run(rivers, "rivers")

    assert host.asked == ["/rivers.xml"]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in rivers.vault.rglob("*.md")} == before
    assert done.metadata("notes")["notes_written"] == 0
    assert done.metadata("notes")["notes_unchanged"] == 3


def test_the_figures_agree_with_what_happened(
    rivers: Settings, host: PodcastHost, instance: dg.DagsterInstance
) -> None:
    """Counted by this test itself: requests by the host, entries and notes on disk."""
    first, asked = run(rivers, "rivers", instance=instance), list(host.asked)
    second = run(rivers, "rivers", instance=instance)

    transcripts = len(list((rivers.data_dir / "cache" / "transcripts").rglob("*.entry")))
    extractions = len(list((rivers.data_dir / "cache" / "extractions").rglob("*.entry")))
    assert asked.count("/1.vtt") + asked.count("/2.srt") == transcripts == 2
    assert extractions == 2 * 4
    assert {name: first.metadata(name)["episodes"] for name in ASSETS} == dict.fromkeys(ASSETS, 3)
    assert first.metadata("transcript")["without_transcript"] == 1
    figures = {
        (name, number): (metadata["cache_hits"], metadata["cache_misses"], metadata["cache_hit_rate"])
        for number, done in ((1, first), (2, second))
        for name in ASSETS
        if (metadata := done.metadata(name))
    }
    assert figures == {
        ("feed", 1): (0, 0, 1.0),
        ("transcript", 1): (0, transcripts, 0.0),
        ("extraction", 1): (0, extractions, 0.0),
        ("notes", 1): (0, 0, 1.0),
        ("feed", 2): (0, 0, 1.0),
        ("transcript", 2): (transcripts, 0, 1.0),
        ("extraction", 2): (extractions, 0, 1.0),
        ("notes", 2): (0, 0, 1.0),
    }
    assert first.metadata("notes")["notes_written"] == len(notes_of(rivers)) == 3
    assert first.metadata("transcript")["cache_io_ms"] > 0


@pytest.mark.parametrize("asset", ASSETS)
def test_every_asset_reports_what_others_rely_on(rivers: Settings, asset: str) -> None:
    """All names, and numbers as numbers, so that Dagster plots them."""
    metadata = run(rivers, "rivers").metadata(asset)

    assert EVERY_ASSET | OF_ITS_OWN[asset] <= set(metadata)
    numbers = (EVERY_ASSET | OF_ITS_OWN[asset]) - {"block_meter", "episode_table", "paths", "preview"}
    assert all(isinstance(metadata[name], int | float) for name in numbers)
    assert metadata["block_meter"] == "selector"
    assert metadata["cost_usd"] == metadata["saved_usd"] == 0


def test_one_bad_transcript_costs_one_note(rivers: Settings, host: PodcastHost) -> None:
    """The others are written, the run is red, the table names the episode; repaired, just that one is asked for."""
    body = host.bodies.pop("/2.srt")

    broken = run(rivers, "rivers")

    assert not broken.success
    assert broken.checks()["no_failed_episodes"] is False
    assert sorted(notes_of(rivers)) == ["2024-04-01 One - the gauge.md", "2024-04-03 Three - the ferry.md"]
    assert {name: broken.metadata(name)["failed"] for name in ASSETS} == {
        "feed": 0,
        "transcript": 1,
        "extraction": 1,
        "notes": 1,
    }
    row, *others = table(broken.metadata("notes"))
    assert not any(other["error"] for other in others)
    assert row["what to do"].startswith("tell the publisher, or put a transcript at ")
    assert row["episode"] == "Two: the bridge"
    assert row["state"] == "failed in transcript"
    assert "404" in row["error"]
    assert host.url("/2.srt") in row["error"]

    host.publish("/2.srt", body)
    host.asked.clear()
    repaired = run(rivers, "rivers")

    assert repaired.success
    assert host.asked == ["/rivers.xml", "/2.srt"]
    assert repaired.metadata("notes")["notes_written"] == 1
    assert len(notes_of(rivers)) == 3


def test_a_red_feed_and_a_green_one_are_shown_as_they_are(
    rivers: Settings, host: PodcastHost, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """Checks have the feeds' partitions: the last verdict on one feed does not stand for the other."""
    bad = Item("Lost", guid="x", transcripts=((host.url("/nowhere.vtt"), "text/vtt"),))
    host.publish("/bad.xml", rss("Bad", bad))
    both = settings_for(tmp_path, *rivers.feeds.values(), FeedSettings("bad", host.url("/bad.xml")))

    assert not run(both, "bad", instance=instance).success
    assert run(both, "rivers", instance=instance).success

    check = dg.AssetCheckKey(dg.AssetKey("notes"), "no_failed_episodes")
    records = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    verdicts = {record.partition: record.status.value for record in records}
    assert verdicts == {"bad": "FAILED", "rivers": "SUCCEEDED"}


def test_a_feed_that_cannot_be_had_is_one_clear_line(rivers: Settings, host: PodcastHost) -> None:
    """The step fails with the feed, what the host said, and the address; nothing after it runs."""
    host.statuses["/rivers.xml"] = 503

    done = run(rivers, "rivers")

    assert done.failures() == [f"feed rivers: the host answers 503 [{host.url('/rivers.xml')}]"]
    assert not notes_of(rivers)


def test_notes_without_anything_upstream_is_one_clear_line(rivers: Settings) -> None:
    """It says which asset is missing, and the command that makes all of them."""
    (line,) = run(rivers, "rivers", select=["notes"]).failures()

    assert "\n" not in line
    assert "feed rivers: there is nothing from the asset `extraction` yet; materialise it first" in line
    assert "--partition rivers" in line


def test_an_asset_alone_takes_the_latest_of_what_is_upstream(rivers: Settings, instance: dg.DagsterInstance) -> None:
    """As when `notes` alone is materialised in the UI after the vault was emptied."""
    run(rivers, "rivers", instance=instance)
    for path in rivers.vault.rglob("*.md"):
        path.unlink()

    done = run(rivers, "rivers", select=["notes"], instance=instance)

    assert done.success
    assert done.metadata("notes")["notes_written"] == 3


def test_the_preview_is_what_a_person_reads(rivers: Settings) -> None:
    """The newest note without its properties and our marks."""
    preview = run(rivers, "rivers").metadata("notes")["preview"]

    assert preview.startswith("*Rivers* · 3 April 2024")
    assert "inkwell" not in preview


def test_a_show_s_title_is_text(host: PodcastHost, tmp_path: Path) -> None:
    """Decoded once more, as an episode's is, where the publisher escaped twice: it names a folder for good."""
    host.publish("/feed.xml", rss("Rivers &amp; Bridges", Item("One", guid="1")))
    settings = settings_for(tmp_path, FeedSettings("rivers", host.url("/feed.xml")))

    run(settings, "rivers")

    assert [path.name for path in (settings.vault / "Podcasts").iterdir()] == ["Rivers & Bridges"]


def test_a_manifest_is_its_own_run_s(rivers: Settings, instance: dg.DagsterInstance) -> None:
    """Also where the run began below `feed`: the next asset reads what this run made, not what another made since."""
    run(rivers, "rivers", instance=instance)

    done = run(rivers, "rivers", select=["transcript", "extraction"], instance=instance)

    for asset in ("transcript", "extraction"):
        path = rivers.data_dir / "manifests" / asset / "rivers" / f"{done.result.run_id}.json"
        assert json.loads(path.read_text())["run_id"] == done.result.run_id


@pytest.mark.parametrize(
    ("config", "titles"),
    [
        ({"newest": 1}, ["Three: the ferry"]),
        ({"episodes": ["gauge"]}, ["One: the gauge"]),
        ({"episodes": ["r2", "GAUGE"]}, ["Two: the bridge", "One: the gauge"]),
    ],
)
def test_a_run_looks_at_what_it_is_asked_for(rivers: Settings, config: dict[str, object], titles: list[str]) -> None:
    """`newest`, or `episodes` by guid or a part of the title."""
    assert [row["episode"] for row in table(run(rivers, "rivers", config=config).metadata("notes"))] == titles


def test_manifests_name_episodes_and_hold_no_text(rivers: Settings) -> None:
    """Texts live once, in the cache; a manifest of each run stays beside the latest."""
    run(rivers, "rivers")

    for asset in ASSETS:
        folder = rivers.data_dir / "manifests" / asset / "rivers"
        (one,) = (path for path in folder.iterdir() if path.name != "latest.json")
        assert one.read_bytes() == (folder / "latest.json").read_bytes()
        text = one.read_text()
        assert len(json.loads(text)["records"]) == 3
        assert "ruler" not in text


class Busy:
    """An extractor that holds the loop for 50 ms, once, as a careless one would; with quotes, one of them invented."""

    identity = "busy:1"

    def __init__(self, *, hold_s: float) -> None:
        self._hold_s = hold_s

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        until, self._hold_s = perf_counter() + self._hold_s, 0.0
        while perf_counter() < until:
            pass
        said = SectionItem(text=material.transcript.segments[2].text, start_s=10.0, speaker="Ada Brook")
        invented = SectionItem(text="A river is a promise that nobody has kept so far, said the mayor.", start_s=1.0)
        for template in templates:
            items = (said, invented) if template.output == "quotes" else (said,)
            yield Extraction(template, Section(kind=template.output, heading=template.heading, items=items), Decimal(0))


def test_a_block_of_the_loop_shows_with_its_size(rivers: Settings) -> None:
    """50 ms of computing in a coroutine is in `blocked_ms` and `longest_block_ms` of that asset, not of others."""
    done = run(rivers, "rivers", extractor=Busy(hold_s=0.05))

    held = done.metadata("extraction")
    assert 50 <= held["longest_block_ms"] < 250
    assert held["blocked_ms"] >= held["longest_block_ms"]
    assert done.metadata("notes")["longest_block_ms"] < held["longest_block_ms"]


def test_invented_quotes_are_counted_and_not_shown(rivers: Settings) -> None:
    """The check says so; the run stays green, since no reader was told anything untrue. A cached run says it again."""
    for _ in range(2):
        done = run(rivers, "rivers", extractor=Busy(hold_s=0))

        assert done.success
        assert done.checks()["quotes_are_verbatim"] is False
        assert done.metadata("extraction")["quotes"] == 2
        assert done.metadata("extraction")["quotes_unverified"] == 2
        assert not any(b"promise that nobody has kept" in note for note in notes_of(rivers).values())


def test_log_lines_reach_dagster_under_their_step(rivers: Settings, instance: dg.DagsterInstance) -> None:
    """Each asset's lines are in the event log when its step has ended."""
    done = run(rivers, "rivers", instance=instance)

    lines = {
        (entry.step_key, entry.user_message)
        for entry in instance.all_logs(done.result.run_id)
        if not entry.is_dagster_event
    }
    assert ("feed", "Rivers: 3 of 3 episodes") in lines
    assert ("transcript", "One: the gauge: transcript of 6 segments") in lines
    assert ("notes", "One: the gauge: wrote Podcasts/Rivers/2024-04-01 One - the gauge.md") in lines
