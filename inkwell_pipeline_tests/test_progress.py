"""How far episodes have come, in its file: several writers, damage, a full disk."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.models import Failure, Manifest
from inkwell_pipeline.progress import EpisodeProgress, Noted, Progress, ProgressShelf, Setback
from inkwell_pipeline_tests.builders import episode, record

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)


def manifest(*keys: str, source: str | None = "publisher", failed: tuple[str, ...] = ()) -> Manifest:
    records = tuple(record(key=key, title=f"Title of {key}", note=f"{key}.md", source=source) for key in keys)
    failures = tuple(Failure(key=key, title=key, asset="transcript", error="no", todo="wait") for key in failed)
    return Manifest(asset="notes", feed="rivers", run_id="run-1", show="Rivers", records=records, failures=failures)


async def told(shelf: ProgressShelf, made: Manifest, *, by_hand: bool = False, run_id: str = "run-1") -> Progress:
    episodes = [episode(key=one.key, offers=()) for one in made.records]
    await shelf.after_run(made, episodes, run_id=run_id, by_hand=by_hand, now=NOON)
    return await shelf.read("rivers")


async def test_a_run_says_what_it_noted_and_what_failed(tmp_path: Path) -> None:
    """With the note's path and the failure's words, which the UI shows days later."""
    progress = await told(ProgressShelf(tmp_path), manifest("a", failed=("b",)))

    noted = Noted(at=NOON, run_id="run-1", note="a.md", source="publisher")
    setback = Setback(at=NOON, run_id="run-1", asset="transcript", error="no", todo="wait")
    assert progress.episodes["a"].noted == noted
    assert progress.episodes["b"] == EpisodeProgress(title="b", setback=setback, failures=1)


async def test_a_note_forgets_the_failures_before_it(tmp_path: Path) -> None:
    """What counts is how often it failed since."""
    shelf = ProgressShelf(tmp_path)
    await told(shelf, manifest(failed=("a",)), run_id="run-1")
    assert (await told(shelf, manifest(failed=("a",)), run_id="run-2")).episodes["a"].failures == 2

    one = (await told(shelf, manifest("a"), run_id="run-3")).episodes["a"]
    assert (one.failures, one.setback) == (0, None)


async def test_a_run_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    """An asset may be materialised again under the same run."""
    shelf = ProgressShelf(tmp_path)
    await told(shelf, manifest(failed=("a",)))

    assert (await told(shelf, manifest(failed=("a",)))).episodes["a"].failures == 1


async def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    """Runs and sensors of one feed change one file, each as it is then."""
    shelves = [ProgressShelf(tmp_path) for _ in range(4)]

    await asyncio.gather(*(told(shelves[n % 4], manifest(f"e{n}")) for n in range(32)))
    assert len((await shelves[0].read("rivers")).episodes) == 32


async def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    """A tick every few minutes."""
    shelf = ProgressShelf(tmp_path)
    await told(shelf, manifest("a"))
    before = await asyncio.to_thread((tmp_path / "progress" / "rivers.json").stat)

    await shelf.change("rivers", lambda progress: (progress, None))
    after = await asyncio.to_thread((tmp_path / "progress" / "rivers.json").stat)
    assert after.st_ino == before.st_ino


async def test_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    """The next look at the feed counts as its first, by another epoch."""
    shelf = ProgressShelf(tmp_path)
    before = await told(shelf, manifest("a"))
    (tmp_path / "progress" / "rivers.json").write_text('{"version": 1, "episodes": [')

    after = await shelf.read("rivers")
    assert (after.episodes, after.baseline) == ({}, None)
    assert after.epoch != before.epoch


async def test_a_file_where_the_folder_should_be_is_a_line(tmp_path: Path) -> None:
    """With the path, and what to do."""
    (tmp_path / "progress").write_text("")

    with pytest.raises(TransientError, match="progress"):
        await told(ProgressShelf(tmp_path), manifest("a"))
