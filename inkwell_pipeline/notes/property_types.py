"""The types that the user's vault gives to properties, and those of ours that they clash with.

Belongs here: Obsidian's `.obsidian/types.json`, and which of its types fits which of our properties. Does not: the
properties' values (`render.py`). A clash loses nothing: Obsidian shows a warning beside the property in every note.
"""

import json
import logging
from pathlib import Path
from typing import Any

from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.files import read_bytes_now

__all__ = ["obsidian_folder", "type_clashes"]

log = logging.getLogger(__name__)

TEXT, LIST = frozenset({"text", "multitext"}), frozenset({"multitext", "tags", "aliases"})
FITTING = {
    **dict.fromkeys(("title", "podcast", "guid", "url", "audio", "duration"), TEXT),
    **dict.fromkeys(("inkwell_id", "inkwell_transcript", "inkwell_model"), TEXT),
    **dict.fromkeys(("aliases", "people", "tags"), LIST),
    "published": frozenset({"date", "datetime"}),
    "inkwell_cost_usd": frozenset({"number"}),
}
# Obsidian's own; a plugin's type is its own business
WORDS = {
    "text": "text",
    "multitext": "a list",
    "tags": "tags",
    "aliases": "aliases",
    "number": "a number",
    "checkbox": "a checkbox",
    "date": "a date",
    "datetime": "a date with a time",
}


def obsidian_folder(vault: Path) -> Path | None:
    """The `.obsidian` of the vault; where `vault` lies within one, that of the nearest folder above. Blocks."""
    return next((one / ".obsidian" for one in (vault, *vault.parents) if (one / ".obsidian").is_dir()), None)


def type_clashes(vault: Path) -> list[str]:
    """A line for each property of ours that the vault has as another type, with what to do. Blocks."""
    folder = obsidian_folder(vault)
    return [] if folder is None else [_line(name, kind, folder) for name, kind in _clashing(_types(folder))]


def _types(folder: Path) -> dict[str, Any]:
    path = folder / "types.json"
    try:
        data = read_bytes_now(path)
        types = json.loads(data)["types"] if data is not None else {}
        if isinstance(types, dict):
            return types
    except (InkwellError, ValueError, LookupError, TypeError, RecursionError):
        pass
    log.warning("%s cannot be read; clashes of properties' types are not looked for", path)
    return {}


def _clashing(types: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, kind)
        for name, fitting in FITTING.items()
        if isinstance(kind := types.get(name), str) and kind in WORDS and kind not in fitting
    ]


def _line(name: str, kind: str, folder: Path) -> str:
    ours = "a date" if name == "published" else "a number" if name == "inkwell_cost_usd" else "text"
    ours = "a list" if FITTING[name] is LIST else ours
    return (
        f"property {name}: your vault has it as {WORDS[kind]} ({folder / 'types.json'}), our notes as {ours}; Obsidian "
        "will warn beside it and lose nothing. Choose another type in Obsidian (the icon before the property), or "
        "delete the property from a note: it stays away"
    )
