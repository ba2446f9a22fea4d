"""What is in the file and what we would write become what is to stand there: the user's words win. Pure.

Belongs here: the marks, the properties' three-way merge against what we last wrote, line ends. Does not: files
(`vault.py`). Outside our marks every byte stays. Between them our text is replaced only where its hash says that
nobody has changed it; else all of it is the user's. (Merging section by section is built on this.)
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from inkwell_pipeline.notes.render import Property, Rendered, body_hash

__all__ = ["BEGIN", "Merged", "merge", "plain_properties"]

BEGIN = "%% inkwell:begin %%"
BLOCK = re.compile(
    r"^%% inkwell:begin %%[ \t]*\r?\n(?P<body>.*?)^%% inkwell:end (?P<hash>[0-9a-f]+) %%[ \t]*\r?$",
    re.MULTILINE | re.DOTALL,
)
FRONTMATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^[ \t]*(#[^\r\n]*)", re.MULTILINE)
# what a YAML 1.1 reader takes for a number, a time or a truth value; line ends that ruamel does not write back
QUOTED = re.compile(
    r"[\d:.eE_+-]+|yes|no|on|off|y|n|true|false|null|~|.*[\x85\u2028\u2029].*", re.IGNORECASE | re.DOTALL
)
NEVER_AWAY = frozenset({"inkwell_id", "guid"})  # by which a note is found again
FACTS = NEVER_AWAY | {"inkwell_transcript", "inkwell_model", "inkwell_cost_usd"}  # nothing to have an opinion on


@dataclass(frozen=True)
class Merged:
    """The file's whole text, whether an edit of the user's was kept against ours, whether its properties are YAML."""

    text: str
    edit_kept: bool
    readable: bool = True


def merge(existing: str | None, rendered: Rendered, *, last_written: Mapping[str, Any] | None) -> Merged:
    """`existing` is the file's text, None for a new note; `last_written` our properties of then, None if lost."""
    block = f"{BEGIN}\n{rendered.body}%% inkwell:end {rendered.hash} %%"
    if existing is None:
        return Merged(f"---\n{_dump(_yaml_values(rendered.properties))}---\n{block}\n", edit_kept=False)
    head = FRONTMATTER.match(existing)
    rest = existing[head.end() :] if head else existing
    newline = "\r\n" if head and head[0].endswith("\r\n") else "\n"
    body, body_kept = _merge_block(rest, block)
    if head is None:  # the user took the properties away
        return Merged(body, edit_kept=True)
    theirs = _load(head["yaml"])
    if theirs is None:  # theirs to mend: nothing can be changed in what cannot be read
        return Merged(head[0] + body, edit_kept=True, readable=False)
    changed, property_kept = _merge_properties(theirs, rendered.properties, last_written)
    properties = _frontmatter(theirs, newline, head) if changed else head[0]
    return Merged(properties + body, edit_kept=property_kept or body_kept)


def plain_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as JSON can hold and compare them: dates as text, lists as lists."""
    return {name: _plain(value) for name, value in properties.items()}


def _merge_block(rest: str, block: str) -> tuple[str, bool]:
    found = list(BLOCK.finditer(rest))
    if len(found) != 1 or rest.count(BEGIN) != 1:  # marks deleted or doubled: nothing here is surely ours
        return rest, True
    match = found[0]
    if body_hash(match["body"].replace("\r\n", "\n")) != match["hash"]:
        return rest, True
    if match[0].split("\n", 1)[0].endswith("\r"):  # the block has its own line ends, whatever the user's text has
        block = block.replace("\n", "\r\n")
    end = match.end() - 1 if match[0].endswith("\r") else match.end()
    return rest[: match.start()] + block + rest[end:], False


def _load(text: str) -> dict[str, Any] | None:
    """The properties, with comments and order; None where they are no YAML mapping."""
    try:
        found = _yaml().load(text) or {}
    except Exception:  # YAMLError, and whatever ruamel's constructors stumble over: `2024-13-45`, `!!bool maybe`
        return None
    return found if isinstance(found, dict) else None


def _frontmatter(properties: dict[str, Any], newline: str, before: re.Match[str]) -> str:
    text = _dump(properties)
    # ruamel keeps a comment with the property above it, and loses it with that property
    lost = Counter(COMMENT.findall(before["yaml"])) - Counter(COMMENT.findall(text))
    text += "".join(line + "\n" for line in lost.elements())
    text = f"---\n{text}---\n".replace("\n", newline)
    return "\ufeff" + text if before[0].startswith("\ufeff") else text


def _merge_properties(
    theirs: dict[str, Any], ours: Mapping[str, Property], base: Mapping[str, Any] | None
) -> tuple[bool, bool]:
    """Brings `theirs` up to date in place; whether that changed anything, and whether an edit was kept."""
    changed, kept = False, False
    for name, value in _yaml_values(ours).items():
        there, now = name in theirs, _plain(theirs.get(name))
        if there and now == _plain(value):
            continue
        written = base is not None and name in base
        untouched = there and base is not None and written and now == base[name]
        newcomer = not there and base is not None and not written
        if name in (FACTS if there else NEVER_AWAY) or untouched or newcomer:
            theirs[name], changed = value, True
        else:
            kept = kept or there or written
    for name in [name for name in (base or {}) if name in theirs and name not in ours]:
        if base is not None and _plain(theirs[name]) == base[name]:
            del theirs[name]
            changed = True
    return changed, kept


def _yaml_values(properties: Mapping[str, Property]) -> dict[str, Any]:
    """Text that another YAML reader could take for something else is quoted: `12:30` is a number in YAML 1.1."""
    return {
        name: [_quoted(item) for item in value] if isinstance(value, list) else _quoted(value)
        for name, value in properties.items()
    }


def _quoted(value: Any) -> Any:
    return DoubleQuotedScalarString(value) if isinstance(value, str) and QUOTED.fullmatch(value) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return str(value)
    return value


def _yaml() -> YAML:
    """A round-trip YAML of its own for each call, since ruamel's objects are not safe among threads."""
    yaml = YAML()
    yaml.width = 1_000_000  # a long title stays on its line
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    return yaml


def _dump(properties: Mapping[str, Any]) -> str:
    out = StringIO()
    _yaml().dump(properties, out)
    return out.getvalue()
