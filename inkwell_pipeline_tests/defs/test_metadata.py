"""What the UI shows besides the figures."""

import dagster as dg

from inkwell_pipeline.defs.metadata import kept_edits
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
