"""The asset `notes` without Dagster: a note for every record, counted, and nothing rendered for nothing."""

import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.models import Episode, Failure, Item, Manifest, Record, Section
from inkwell_pipeline.notes import Layout, Vault, write_notes
from inkwell_pipeline.reports import Report
from inkwell_pipeline_tests.builders import episode, record

SUMMARY = Section(kind="prose", heading="Summary")


@dataclass
class House:
    """A vault, its data and its cache; each run opens the vault anew."""

    folder: Path
    extractions: ExtractionCache = field(init=False)

    def __post_init__(self) -> None:
        self.extractions = ExtractionCache(self.folder / "cache")

    async def extracted(self, number: int, *words: str) -> Record:
        """A record of an episode with a summary of these words in the cache."""
        section = SUMMARY.model_copy(update={"items": tuple(Item(text=text) for text in words)})
        key = await self.extractions.set("summary", "1", f"{number} {words}", section.model_dump_json())
        return record(
            key=f"{number:016}",
            title=f"Number {number}",
            source="publisher",
            extractions={"summary": key},
            model="offline",
        )

    async def run(self, *records: Record, failures: tuple[Failure, ...] = (), layout: Layout | None = None) -> Report:
        manifest = Manifest(
            asset="extraction", feed="rivers", run_id="run-1", show="Rivers", records=records, failures=failures
        )
        vault = Vault(self.folder / "vault", folder="Podcasts", data_dir=self.folder / "data", feeds=("rivers",))
        return await write_notes(
            manifest,
            [_episode(one) for one in records],
            outline={"summary": SUMMARY},
            extractions=self.extractions,
            vault=vault,
            limit=2,
            layout=layout,
        )

    def note(self, number: int) -> Path:
        return self.folder / "vault" / "Podcasts" / "Rivers" / f"2024-02-28 Number {number}.md"

    def append(self, number: int, text: str) -> None:
        self.note(number).write_text(self.note(number).read_text() + text)

    def replace(self, number: int, old: str, new: str) -> None:
        self.note(number).write_text(self.note(number).read_text().replace(old, new))

    def texts(self) -> str:
        return "".join(path.read_text() for path in sorted((self.folder / "vault").rglob("*.md")))


def _episode(one: Record) -> Episode:
    return episode(key=one.key, title=one.title, guid=one.key)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def figures(report: Report) -> tuple[int, int, int, int]:
    names = ("notes_written", "notes_unchanged", "edits_kept", "properties_unreadable")
    written, unchanged, kept, unreadable = (report.figures[name] for name in names)
    return written, unchanged, kept, unreadable


async def test_every_record_gets_a_note_with_what_was_extracted(house: House) -> None:
    """The manifest says where each is, relative to the vault."""
    report = await house.run(await house.extracted(1, "Rivers rise."), await house.extracted(2, "Rivers fall."))

    assert [one.note for one in report.manifest.records] == [
        "Podcasts/Rivers/2024-02-28 Number 1.md",
        "Podcasts/Rivers/2024-02-28 Number 2.md",
    ]
    assert (report.manifest.asset, report.given, figures(report)) == ("notes", 2, (2, 0, 0, 0))
    assert "Rivers rise." in house.texts()
    assert "Rivers fall." in house.texts()


async def test_an_episode_without_a_transcript_gets_a_note_too(house: House) -> None:
    """From what the publisher says; the property says that there was none."""
    report = await house.run(record(key="1" * 16, title="Number 1"))

    assert figures(report) == (1, 0, 0, 0)
    assert "inkwell_transcript: none\n" in house.texts()


async def test_a_second_run_writes_nothing(house: House) -> None:
    """And looks nothing up: the cache may even be empty by then."""
    records = [await house.extracted(1, "Rivers rise.")]
    await house.run(*records)
    before = house.note(1).stat().st_mtime_ns
    await house.extractions.clear()

    report = await house.run(*records)

    assert (figures(report), report.manifest.failures) == ((0, 1, 0, 0), ())
    assert house.note(1).stat().st_mtime_ns == before


async def test_a_new_extraction_is_written_where_the_note_is(house: House) -> None:
    """Another template, another model: the note is brought up to date."""
    await house.run(await house.extracted(1, "Rivers rise."))

    report = await house.run(await house.extracted(1, "Rivers rise and fall."))

    assert figures(report) == (1, 0, 0, 0)
    assert "Rivers rise and fall." in house.texts()


async def test_another_layout_makes_the_note_anew(house: House) -> None:
    """The words of the episode are the same; how they read is not."""
    records = [await house.extracted(1, "Rivers rise.")]
    await house.run(*records)
    mine = Layout(house.folder / "note.md.j2", "# {{ title }}, as I like it\n")

    again = await house.run(*records, layout=mine)

    assert figures(again) == (1, 0, 0, 0)
    assert "# Number 1, as I like it\n" in house.texts()
    assert figures(await house.run(*records, layout=mine)) == (0, 1, 0, 0)


async def test_kept_edits_are_counted_in_every_run(house: House) -> None:
    """The number of notes that hold one, not of those that this run has touched."""
    records = [await house.extracted(1, "Rivers rise."), await house.extracted(2, "Rivers fall.")]
    await house.run(*records)
    house.replace(1, "Rivers rise.", "Rivers rise, I say.")

    first, second = await house.run(*records), await house.run(*records)

    assert figures(first) == figures(second) == (0, 2, 1, 0)
    assert "Rivers rise, I say." in house.texts()


async def test_words_outside_our_marks_are_no_kept_edit(house: House) -> None:
    """They were never ours."""
    records = [await house.extracted(1, "Rivers rise.")]
    await house.run(*records)
    house.append(1, "\nMine.\n")

    assert figures(await house.run(*records)) == (0, 1, 0, 0)


async def test_unreadable_properties_are_counted(house: House) -> None:
    """Somebody has to mend them; the note is left as it is."""
    records = [await house.extracted(1, "Rivers rise.")]
    await house.run(*records)
    house.replace(1, "title: Number 1", "title: [")

    assert figures(await house.run(*records)) == (0, 1, 1, 1)


async def test_an_extraction_that_is_gone_fails_its_episode_alone(house: House) -> None:
    """A note without it would look complete; the line says what to do."""
    gone = record(key="9" * 16, title="Number 9", extractions={"summary": "0" * 64})

    report = await house.run(gone, await house.extracted(1, "Rivers rise."))

    (failure,) = report.manifest.failures
    assert (failure.key, failure.asset) == (gone.key, "notes")
    assert "materialise the asset `extraction` once more" in failure.error
    assert [one.title for one in report.manifest.records] == ["Number 1"]


async def test_earlier_failures_stay_in_the_manifest(house: House) -> None:
    """The check at the end looks at the last manifest: it must know of all of them."""
    earlier = Failure(key="8" * 16, title="Number 8", asset="transcript", error="the host answers 404")

    report = await house.run(
        record(key="9" * 16, title="Number 9", extractions={"summary": "0" * 64}), failures=(earlier,)
    )

    assert [one.title for one in report.manifest.failures] == ["Number 8", "Number 9"]


async def test_the_record_names_what_was_kept(house: House) -> None:
    """By section and property; the next runs say it again, though they write nothing."""
    records = [await house.extracted(1, "Rivers rise.")]
    await house.run(*records)
    house.replace(1, "Rivers rise.", "Rivers rise, I say.")
    house.replace(1, "title: Number 1", "title: Mine")

    for report in (await house.run(*records), await house.run(*records)):
        (one,) = report.manifest.records
        assert one.edits == ("property title (changed)", "Summary (changed)")


async def test_what_the_user_should_know_is_a_remark(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """No failure: a new folder, a clash of types, a copy that a sync tool made. In the log before the first note."""
    records = [await house.extracted(1, "Rivers rise.")]
    vault = house.folder / "vault"
    with caplog.at_level(logging.WARNING):
        first = await house.run(*records)
    (vault / ".obsidian").mkdir()
    (vault / ".obsidian" / "types.json").write_text('{"types": {"people": "text"}}')
    copy = house.note(1).with_stem(f"{house.note(1).stem} (conflicted copy 2024-03-01 120000)")
    shutil.copy(house.note(1), copy)
    second = await house.run(await house.extracted(1, "Rivers fall."))

    new = f"{vault} is a new folder, made for the notes; if you have a vault already, check `vault` in the config"
    assert first.remarks == (new,)
    assert caplog.messages[0] == new
    clash, told = second.remarks
    assert clash.startswith("property people: your vault has it as text")
    assert told.startswith(
        "Podcasts/Rivers/2024-02-28 Number 1 (conflicted copy 2024-03-01 120000).md says that it is "
    )
    assert told.endswith("(the note is Podcasts/Rivers/2024-02-28 Number 1.md)")


async def test_a_vault_that_is_a_file_is_one_line(house: House) -> None:
    """Not one for each episode: nothing can be written at all."""
    (house.folder / "vault").touch()

    with pytest.raises(ConfigError, match=r"/vault is a file$") as raised:
        await house.run(await house.extracted(1, "Rivers rise."))
    assert raised.value.todo == "`vault` in the config must name a folder"
