"""What the UI shows besides the figures."""

import dagster as dg

from inkwell_pipeline.defs.metadata import kept_edits, table_of
from inkwell_pipeline_tests.builders import record


def test_kept_edits_are_a_table_of_notes_and_what_was_kept() -> None:
    """A row for each edit, so that somebody sees what of ours they do not see."""
    edited = record(note="Podcasts/a.md", edits=("Key ideas (changed)", "property people (deleted)"))

    table = kept_edits([record(note="Podcasts/b.md"), edited])["kept_edits"]

    assert isinstance(table, dg.TableMetadataValue)
    assert [row.data for row in table.records] == [
        {"note": "Podcasts/a.md", "edit": "Key ideas (changed)"},
        {"note": "Podcasts/a.md", "edit": "property people (deleted)"},
    ]


def test_without_kept_edits_there_is_no_table() -> None:
    """Most runs have none."""
    assert kept_edits([record(note="Podcasts/b.md")]) == {}


def test_a_column_that_says_nothing_is_left_out() -> None:
    """Errors are rare, and their empty columns would push the others over the page's edge."""
    well, failed = {"episode": "One", "error": ""}, {"episode": "Two", "error": "404"}

    assert _columns(table_of([well, well], ("episode", "error"))) == ["episode"]
    assert _columns(table_of([well, failed], ("episode", "error"))) == ["episode", "error"]
    assert _columns(table_of([], ("episode", "error"))) == ["episode", "error"]


def _columns(table: dg.MetadataValue) -> list[str]:
    assert isinstance(table, dg.TableMetadataValue)
    assert table.schema is not None
    assert all(list(row.data) == [column.name for column in table.schema.columns] for row in table.records)
    return [column.name for column in table.schema.columns]
