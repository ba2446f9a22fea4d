"""What is in the file and what we would write become what is to stand there: the user's words win. Pure.

Belongs here: the marks, where the properties are, line ends. Does not: the merge of the properties (`properties.py`)
and of what is between the marks (`body_merge.py`), files (`vault.py`). Outside our marks and our properties every byte
stays.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from inkwell_pipeline.models import Frozen
from inkwell_pipeline.notes.body_merge import MergedBody, merge_body, merge_unknown, written_body
from inkwell_pipeline.notes.properties import NEVER_AWAY, merge_properties, plain_properties
from inkwell_pipeline.notes.render import Rendered, body_hash
from inkwell_pipeline.notes.sections import WrittenBody
from inkwell_pipeline.notes.yaml_text import dumped

__all__ = ["BEGIN", "Base", "Merged", "merge"]

BEGIN = "%% inkwell:begin %%"
MARK = re.compile(r"^%% inkwell:(?:(?P<begin>begin)|end (?P<hash>[0-9a-f]+)) %%[ \t]*\r?$", re.MULTILINE)
FRONTMATTER = re.compile(
    r"\A(?P<open>---[ \t]*\r?\n)(?P<yaml>.*?)(?P<close>^---[ \t]*\r?(?:\n|\Z))", re.MULTILINE | re.DOTALL
)
BYTE_ORDER_MARK = "\ufeff"
OUR_NAME = re.compile("(%%)( inkwell:)")


class Base(Frozen):
    """What we last wrote, for the next merge; None: that is lost, and nobody knows which words are whose."""

    properties: dict[str, Any] | None = None
    body: WrittenBody | None = None


@dataclass(frozen=True)
class Merged:
    """The file's whole text, the user's edits that were kept against ours by name, the base of the next merge."""

    text: str
    base: Base
    edits: tuple[str, ...] = ()
    readable: bool = True  # whether the properties are YAML


@dataclass(frozen=True)
class _Body:
    text: str
    edits: tuple[str, ...]
    base: WrittenBody | None


def merge(existing: str | None, rendered: Rendered, base: Base) -> Merged:
    """`existing` is the file's text, None for a new note; `base` what we wrote there the last time."""
    body = _safe(rendered.body)
    if existing is None:
        text = f"---\n{dumped(rendered.properties)}---\n{BEGIN}\n{body}{_end_mark(body)}\n"
        return Merged(text, Base(properties=plain_properties(rendered.properties), body=written_body(body)))
    if existing.startswith(BYTE_ORDER_MARK):  # of the file, not of its first line
        merged = merge(existing.removeprefix(BYTE_ORDER_MARK), rendered, base)
        return replace(merged, text=BYTE_ORDER_MARK + merged.text)
    head = FRONTMATTER.match(existing)
    rest = _merge_rest(existing[head.end() :] if head else existing, body, base.body)
    if head is None:
        return _with_what_finds_it(rest, rendered, base)
    newline = "\r\n" if head["open"].endswith("\r\n") else "\n"
    properties = merge_properties(head["yaml"], rendered.properties, base.properties, newline=newline)
    return Merged(
        head["open"] + properties.text + head["close"] + rest.text,
        Base(properties=properties.base, body=rest.base),
        (*properties.edits, *rest.edits),
        properties.readable,
    )


def _with_what_finds_it(rest: _Body, rendered: Rendered, base: Base) -> Merged:
    """The user has taken all properties away: those come back by which the note is found wherever they move it."""
    properties = {name: value for name, value in rendered.properties.items() if name in NEVER_AWAY}
    newline = "\r\n" if rest.text.partition("\n")[0].endswith("\r") else "\n"
    top = f"---\n{dumped(properties)}---\n".replace("\n", newline)
    known = plain_properties(rendered.properties) | (base.properties or {})
    return Merged(top + rest.text, Base(properties=known, body=rest.base), ("the properties (deleted)", *rest.edits))


def _merge_rest(rest: str, body: str, base: WrittenBody | None) -> _Body:
    """What follows the properties, with ours between the marks brought up to date."""
    marks = list(MARK.finditer(rest))
    if len(marks) != 2 or not marks[0]["begin"] or marks[1]["begin"]:  # nothing here is surely ours
        return _Body(rest, ("our marks (missing, doubled or changed)",), base)
    begin, end = marks
    start = min(begin.end() + 1, end.start())
    newline = "\r\n" if begin[0].endswith("\r") else "\n"
    theirs = rest[start : end.start()]
    as_rendered = body_hash(theirs.replace("\r\n", "\n")) == end["hash"]
    if as_rendered:  # whatever became of the base, this is what we wrote
        here = written_body(theirs)
        base = here.model_copy(update={"deleted": base.deleted, "moved": base.moved}) if base else here
    if as_rendered and base and not base.deleted and not base.moved:
        done = MergedBody(body.replace("\n", newline), (), written_body(body))
    elif base:
        done = merge_body(theirs, body, base, newline=newline)
    else:
        done = merge_unknown(theirs, body, newline=newline)
    if done.text == theirs:
        return _Body(rest, done.edits, done.base)
    closed = _end_mark(body) + end[0].partition(f"{end['hash']} %%")[2]
    return _Body(rest[:start] + done.text + closed + rest[end.end() :], done.edits, done.base)


def _end_mark(body: str) -> str:
    return f"%% inkwell:end {body_hash(body)} %%"


def _safe(body: str) -> str:
    """A body that ends a line, holds none of our marks, and is text that a file can hold."""
    text = OUR_NAME.sub(r"\\%\\%\2", body).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text if text.endswith("\n") or not text else text + "\n"
