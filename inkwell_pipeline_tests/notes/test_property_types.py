"""What the vault has as another type than we write is told before the first note, with what to do."""

import json
import logging
from pathlib import Path

import pytest

from inkwell_pipeline.notes.property_types import type_clashes


def vault(root: Path, types: object) -> Path:
    (root / ".obsidian").mkdir(parents=True)
    (root / ".obsidian" / "types.json").write_text(json.dumps({"types": types}))
    return root


def test_every_property_of_another_type_is_told(tmp_path: Path) -> None:
    """One line each: the property, both types, the file, and what can be done."""
    types = {
        "people": "text",
        "duration": "number",
        "published": "checkbox",
        "inkwell_cost_usd": "text",
        "mine": "date",
    }

    lines = type_clashes(vault(tmp_path, types))

    assert [line.partition(":")[0] for line in lines] == [
        "property duration",
        "property people",
        "property published",
        "property inkwell_cost_usd",
    ]
    assert lines[1] == (
        f"property people: your vault has it as text ({tmp_path}/.obsidian/types.json), our notes as a list; Obsidian "
        "will warn beside it and lose nothing. Choose another type in Obsidian (the icon before the property), or "
        "delete the property from a note: it stays away"
    )


@pytest.mark.parametrize(
    "types",
    [
        {"title": "text", "aliases": "aliases", "tags": "tags", "people": "multitext", "published": "date"},
        {"published": "datetime", "inkwell_cost_usd": "number", "aliases": "multitext"},
        {"people": "a-plugin-s-own", "tags": 3, "title": None},
        {},
    ],
)
def test_a_type_that_fits_is_not_told(tmp_path: Path, types: object) -> None:
    """Nor one that a plugin has made, of which we know nothing."""
    assert type_clashes(vault(tmp_path, types)) == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"types": []}', b"\xff", b"[" * 100_000])
def test_types_that_cannot_be_read_are_a_line_in_the_log(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """They are Obsidian's, and no reason to fail."""
    path = vault(tmp_path, {}) / ".obsidian" / "types.json"
    path.write_bytes(data)

    with caplog.at_level(logging.WARNING):
        assert type_clashes(tmp_path) == []
    assert caplog.messages == [f"{path} cannot be read; clashes of properties' types are not looked for"]


def test_a_vault_without_types_has_no_clash(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No vault of Obsidian's yet, or one where no type was ever chosen."""
    assert type_clashes(tmp_path / "none") == []
    (tmp_path / ".obsidian").mkdir()
    assert type_clashes(tmp_path) == []
    assert not caplog.messages


def test_the_types_of_the_vault_above_count(tmp_path: Path) -> None:
    """`vault` may name a folder within a vault."""
    vault(tmp_path, {"people": "text"})

    assert len(type_clashes(tmp_path / "Notes" / "Podcasts")) == 1
