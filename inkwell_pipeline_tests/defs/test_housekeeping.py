"""The jobs that trim and clear the caches: what they delete, what they show, and what they refuse."""

import asyncio
import errno
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.cache.entry import decoded, encoded
from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.housekeeping import CONFIRMATION
from inkwell_pipeline.defs.manifests import named_keys
from inkwell_pipeline.models import Manifest
from inkwell_pipeline.settings import CacheSettings, FeedSettings, Settings
from inkwell_pipeline_tests.builders import record
from inkwell_pipeline_tests.defs.runs import Run, command_line, instance_at, settings_for

FIGURES = {
    "entries",
    "entries_bytes",
    "orphans",
    "orphans_bytes",
    "expired",
    "damaged",
    "left_behind",
    "copies",
    "foreign",
    "unreadable",
    "deleted",
    "deleted_bytes",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, FeedSettings("rivers", tmp_path / "rivers.xml"))


def fill(settings: Settings, *, transcripts: int = 3) -> list[str]:
    """Transcripts and one extraction; gives the transcripts' keys."""

    async def filled() -> list[str]:
        cache_dir = settings.data_dir / "cache"
        urls = [f"https://example.com/{number}.vtt" for number in range(transcripts)]
        async with (
            TranscriptionCache(cache_dir / "transcripts") as kept,
            ExtractionCache(cache_dir / "extractions") as extractions,
        ):
            await kept.set_many([(url, "What was said.") for url in urls])
            await extractions.set("summary", "1", "What was said.", "In short.")
            return [kept.key(url) for url in urls]

    return asyncio.run(filled())


def name_in_manifest(settings: Settings, feed: str, run_id: str, *keys: str) -> Path:
    """A manifest of the transcripts of a run."""
    records = tuple(record(key=str(number), transcript=key) for number, key in enumerate(keys))
    manifest = Manifest(asset="transcript", feed=feed, run_id=run_id, show="Rivers", records=records)
    path = settings.data_dir / "manifests" / "transcript" / feed / f"{run_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(manifest.model_dump_json())
    return path


def entries(settings: Settings, cache: str = "*") -> int:
    return len(list((settings.data_dir / "cache").glob(f"{cache}/*/*.entry")))


def age(settings: Settings, days: int) -> None:
    """Makes every entry so much older, as time does."""
    for path in (settings.data_dir / "cache").glob("*/*/*.entry"):
        entry = decoded(path.read_bytes(), None)
        assert entry is not None
        stored = entry.stored - timedelta(days=days)
        path.write_bytes(b"".join(encoded(entry.key, entry.value, entry.cost_usd, stored=stored)))


def run_job(
    settings: Settings,
    name: str,
    config: Mapping[str, Any] | None = None,
    *,
    instance: dg.DagsterInstance | None = None,
) -> "JobRun":
    op = name.removesuffix("_cache")
    return JobRun(
        build_defs(settings)
        .resolve_job_def(name)
        .execute_in_process(
            run_config={"ops": {op: {"config": dict(config)}}} if config is not None else None,
            instance=instance,
            raise_on_error=False,
        )
    )


class JobRun(Run):
    """A run of one of the jobs."""

    def figures(self, cache: str) -> dict[str, Any]:
        (made,) = (
            event.step_materialization_data.materialization
            for event in self.result.all_events
            if event.is_step_materialization and event.asset_key == dg.AssetKey(["cache", cache])
        )
        return {name: value.value for name, value in made.metadata.items()}


def test_the_figures_are_numbers_on_an_asset_that_dagster_plots(settings: Settings, tmp_path: Path) -> None:
    """Dagster plots an asset's numeric metadata, out of its own storage, and of an asset alone that is defined."""
    fill(settings)
    with instance_at(tmp_path) as instance:
        assert run_job(settings, "trim_cache", instance=instance).success
        assert run_job(settings, "trim_cache", instance=instance).success
        for name in ("transcripts", "extractions"):
            made = instance.fetch_materializations(dg.AssetKey(["cache", name]), limit=9).records
            assert len(made) == 2
            for one in made:
                assert one.asset_materialization is not None
                metadata = one.asset_materialization.metadata
                assert metadata.keys() == FIGURES
                assert all(isinstance(value, dg.IntMetadataValue) for value in metadata.values())

    keys = {spec.key for spec in build_defs(settings).resolve_all_asset_specs()}
    assert {dg.AssetKey(["cache", "transcripts"]), dg.AssetKey(["cache", "extractions"])} <= keys


def test_no_selection_materialises_the_caches(tmp_path: Path) -> None:
    """`--select '*'` is the four assets: what the jobs report to has nothing to execute."""
    command = ("dagster", "asset", "list", "-m", "inkwell_pipeline.definitions", "--select", "*")

    assert command_line(*command, folder=tmp_path).stdout.split() == ["extraction", "feed", "notes", "transcript"]


def test_a_trim_by_its_defaults_keeps_every_whole_entry(settings: Settings) -> None:
    """However old, and though no manifest names it: somebody may have paid for it."""
    fill(settings)
    age(settings, days=9000)

    done = run_job(settings, "trim_cache")

    assert done.success
    assert entries(settings) == 4
    assert (done.figures("transcripts")["orphans"], done.figures("transcripts")["entries"]) == (3, 3)


def test_the_ttl_of_the_config_ends_entries(settings: Settings) -> None:
    """`cache: {ttl_days}` counts for reads and for the job alike."""
    fill(settings)
    age(settings, days=8)
    weekly = Settings(**{**vars(settings), "cache": CacheSettings(ttl_days=7)})

    figures = run_job(weekly, "trim_cache").figures("transcripts")

    assert (figures["expired"], figures["deleted"], figures["entries"]) == (3, 3, 0)
    assert entries(settings) == 0


def test_a_report_deletes_nothing(settings: Settings) -> None:
    """`trim: false` is to see first what would go."""
    fill(settings)
    age(settings, days=8)

    done = run_job(settings, "trim_cache", {"trim": False, "older_than_days": 7})

    assert done.figures("transcripts")["expired"] == 3
    assert entries(settings) == 4


def test_old_orphans_go_where_the_run_says_so(settings: Settings) -> None:
    """What any kept run of a feed in the config names stays; what only a feed names that was left does not."""
    latest, earlier, left = fill(settings)
    name_in_manifest(settings, "rivers", "latest", latest)
    name_in_manifest(settings, "rivers", "run-1", earlier)
    name_in_manifest(settings, "left", "run-1", left)
    age(settings, days=8)

    done = run_job(settings, "trim_cache", {"orphans_older_than_days": 7})

    assert (done.figures("transcripts")["orphans"], done.figures("transcripts")["deleted"]) == (1, 1)
    assert entries(settings, "transcripts") == 2
    assert entries(settings, "extractions") == 0


def test_no_orphan_goes_while_a_manifest_cannot_be_read(settings: Settings) -> None:
    """It may name any of them."""
    fill(settings)
    age(settings, days=8)
    name_in_manifest(settings, "rivers", "run-1").write_text("{")

    assert run_job(settings, "trim_cache", {"orphans_older_than_days": 7}).success

    assert entries(settings) == 4


def test_a_name_that_is_no_key_names_nothing(settings: Settings) -> None:
    """A manifest is a file, and anything may stand in it."""
    name_in_manifest(settings, "rivers", "run-1", "no key", "ab" * 32)

    named = named_keys(settings)

    assert "ab" * 32 in named
    assert "cd" * 32 not in named
    assert not named.troubles


def test_an_entry_that_cannot_be_read_fails_the_run_in_one_line(settings: Settings, tmp_path: Path) -> None:
    """After the rest is done and reported: the machine needs somebody's hand."""
    fill(settings)
    path = next((settings.data_dir / "cache" / "transcripts").glob("*/*.entry"))
    path.unlink()
    path.symlink_to(path)  # not even root can open that

    with instance_at(tmp_path) as instance:
        done = run_job(settings, "trim_cache", instance=instance)
        (made,) = instance.fetch_materializations(dg.AssetKey(["cache", "transcripts"]), limit=9).records

    assert made.asset_materialization is not None
    assert made.asset_materialization.metadata["unreadable"].value == 1
    (line,) = done.failures()
    assert os.strerror(errno.ELOOP) in line
    assert "\n" not in line


@pytest.mark.parametrize("confirm", ["yes", "Delete what was paid for", "", None])
def test_a_clear_that_is_not_confirmed_does_not_begin(settings: Settings, confirm: str | None) -> None:
    """Dagster refuses the config, before there is a run; a confirmation that is nearly right is none."""
    fill(settings)

    with pytest.raises(dg.DagsterInvalidConfigError) as caught:
        run_job(settings, "clear_cache", {} if confirm is None else {"confirm": confirm})

    assert len(caught.value.errors) == 1
    assert entries(settings) == 4


def test_a_confirmed_clear_empties_the_caches_it_names(settings: Settings) -> None:
    """One of them, or both."""
    fill(settings)

    done = run_job(settings, "clear_cache", {"caches": "transcripts", "confirm": CONFIRMATION})

    assert done.success
    assert (entries(settings, "transcripts"), entries(settings, "extractions")) == (0, 1)
    assert (done.figures("transcripts")["deleted"], done.figures("transcripts")["entries"]) == (3, 0)
    assert run_job(settings, "clear_cache", {"confirm": CONFIRMATION}).success
    assert entries(settings) == 0


def test_the_schedule_waits_to_be_switched_on(settings: Settings) -> None:
    """Nobody's cache is trimmed unasked; switched on, it runs the job as its defaults say."""
    schedule = build_defs(settings).resolve_schedule_def("trim_cache_weekly")

    assert schedule.job_name == "trim_cache"
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
