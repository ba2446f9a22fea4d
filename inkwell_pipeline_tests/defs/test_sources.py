"""What Dagster shows of transcripts: who made each, what that costs, and whether their times are the audio's."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline.source_settings import CommandSource, PublisherSource, ServiceSource, SourceSettings
from inkwell_pipeline_tests.builders import vtt
from inkwell_pipeline_tests.defs.runs import Run, instance_at, run, settings_for, table
from inkwell_pipeline_tests.defs.show import Place
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss
from inkwell_pipeline_tests.fakes.spoken import silence

CAPTIONS = (
    "WEBVTT\\n\\n00:00.000 --> 00:09.000\\nA river gauge is a ruler that somebody promised to read every morning."
)
SAYS = CommandSource(command=f"printf '{CAPTIONS}' {{audio}}")
LENGTH = "<itunes:duration>{}</itunes:duration>"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_at(tmp_path) as instance:
        yield instance


@pytest.fixture
def audio(host: PodcastHost, tmp_path: Path) -> str:
    """A minute and a half."""
    return host.publish("/one.wav", silence(tmp_path / "one.wav", 90).read_bytes(), "audio/wav")


def settings(host: PodcastHost, folder: Path, *sources: SourceSettings, **changes: Any) -> Settings:
    feed = FeedSettings("rivers", host.url("/rivers.xml"), transcribe=sources or (PublisherSource(),))
    return settings_for(folder, feed, **changes)


def test_the_table_says_who_made_each(
    host: PodcastHost, audio: str, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """The publisher where there is one; minutes are of what was heard, and of this run."""
    offered = host.publish("/1.vtt", vtt(), "text/vtt")
    items = (
        Item("One", guid="1", audio=audio),
        Item("Two", guid="2", audio=audio, transcripts=((offered, "text/vtt"),)),
    )
    host.publish("/rivers.xml", rss("Rivers", *items), "application/rss+xml")
    of = settings(host, tmp_path, PublisherSource(), SAYS)
    first, again = run(of, "rivers", instance=instance), run(of, "rivers", instance=instance)

    sources = {row["episode"]: row["transcript"] for row in table(first.metadata("transcript"))}
    assert sources == {"One": "command printf", "Two": "publisher"}
    assert first.metadata("transcript")["minutes_transcribed"] == 1.5
    assert again.metadata("transcript")["minutes_transcribed"] == 0
    assert (again.metadata("transcript")["cache_hits"], again.metadata("transcript")["cache_misses"]) == (2, 0)
    assert first.metadata("transcript")["blocked_ms"] < 1000


def test_times_that_may_be_off_are_shown_and_counted(
    host: PodcastHost, audio: str, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """Of two episodes one has other audio than its feed says: that one's times are near, and the check warns."""
    offered = ((host.publish("/1.vtt", vtt(), "text/vtt"), "text/vtt"),)
    items = (
        Item("Right", guid="1", audio=audio, transcripts=offered, more=LENGTH.format("1:30")),
        Item("Longer", guid="2", audio=f"{audio}?2", transcripts=offered, more=LENGTH.format("1:10")),
    )
    host.publish("/rivers.xml", rss("Rivers", *items), "application/rss+xml")
    done = run(settings(host, tmp_path), "rivers", instance=instance)

    assert done.success
    assert done.metadata("transcript")["approximate_times"] == 1
    assert done.checks()["times_are_of_the_audio"] is False
    notes = {path.stem: path.read_text() for path in (tmp_path / "vault").rglob("*.md")}
    assert "≈ 0:" in notes["2024-02-28 Longer"]
    assert "≈" not in notes["2024-02-28 Right"]


def test_an_estimate_makes_nothing(host: PodcastHost, audio: str, tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """Asked of `extraction` alone, too: what comes before it is not to be paid; nor what comes after `transcript`."""
    item = Item("One", guid="1", audio=audio, more=LENGTH.format("1:00:00"))
    host.publish("/rivers.xml", rss("Rivers", item), "application/rss+xml")
    source = ServiceSource(url="http://127.0.0.1:9/v1", model="whisper-1", usd_per_minute=Decimal("0.006"))
    of = settings(host, tmp_path, PublisherSource(), source)
    job = build_defs(of).resolve_implicit_global_asset_job_def()
    for asset in ("transcript", "extraction"):
        done = Run(
            job.execute_in_process(
                partition_key="rivers",
                asset_selection=[dg.AssetKey(name) for name in ("feed", "transcript", "extraction", "notes")],
                run_config={"ops": {asset: {"config": {"estimate": True}}}},
                instance=instance,
            )
        )
        made = done.metadata("transcript")
        assert made["estimate"] == "1 transcripts to be made of 60 minutes of audio, between $0.3600 and $0.3600"
        assert (made["estimated_minutes"], made["estimated_most_usd"]) == (60, 0.36)

    assert host.asked.count("/one.wav") == 0
    assert list((tmp_path / "vault").rglob("*.md")) == []
    assert not (tmp_path / ".inkwell" / "ledger").exists()
    assert not (tmp_path / ".inkwell" / "manifests" / "transcript" / "rivers" / "latest.json").exists()


def test_the_command_line_adds_both_up(host: PodcastHost, audio: str, tmp_path: Path) -> None:
    """What models would cost, and what transcripts would."""
    item = Item("One", guid="1", audio=audio, more=LENGTH.format("1:00:00"))
    host.publish("/rivers.xml", rss("Rivers", item), "application/rss+xml")
    place = Place(tmp_path / "place")
    service = "{url: 'http://127.0.0.1:9/v1', model: whisper-1, usd_per_minute: 0.006}"
    place.configure(host, more=f"transcribe: [publisher, {service}]\n")

    assert place.call("run", "--estimate").stdout == (
        "rivers: 0 requests, between $0.0000 and $0.0000; and 1 transcripts to be made of 60 minutes of audio, "
        "between $0.3600 and $0.3600, whose extraction is not in it\n"
    )


def test_costs_are_by_template_too(host: PodcastHost, httpserver: HTTPServer, audio: str, tmp_path: Path) -> None:
    """Speech stands among them in the ledger's tables."""
    item = Item("One", guid="1", audio=audio)
    host.publish("/rivers.xml", rss("Rivers", item), "application/rss+xml")
    place = Place(tmp_path / "place")
    httpserver.clear()
    answer = {"segments": [{"start": 0, "end": 9, "text": "A river gauge is a ruler."}]}
    httpserver.expect_request("/rivers.xml").respond_with_data(host.bodies["/rivers.xml"])
    httpserver.expect_request("/one.wav").respond_with_data(host.bodies["/one.wav"], content_type="audio/wav")
    httpserver.expect_request("/v1/audio/transcriptions", method="POST").respond_with_json(answer)
    service = f"{{url: '{httpserver.url_for('/v1')}', model: whisper-1, usd_per_minute: 0.006}}"
    place.configure(host, more=f"transcribe: [{service}]\n")

    status, out, errors = place.run()
    assert status == 0, out + errors
    said = place.call("costs", "--by", "template").stdout
    assert "speech to text" in said
    assert "0.009" in said
    (note,) = place.notes.values()
    assert b"\ninkwell_cost_usd: 0.009\n" in note  # the offline extractor's nothing, and the transcript
