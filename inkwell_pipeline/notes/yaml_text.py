"""A note's properties as text with places: where each stands and what it says, and how one of them is changed. Pure.

Belongs here: reading, changing the lines of one property and no others, writing values. Does not: whose value counts
(`properties.py`).
ruamel reads the structure and says where everything stands. What a value means is told here, since constructors
stumble over what people write (`2024-13-45`); and a document written anew would lose their indents and quotes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from functools import cached_property
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

__all__ = ["Entry", "dumped", "entries_of", "plain", "with_value", "without"]

COMMENT = re.compile(r"(?:^|(?<=[ \t\r\n]))#[^\r\n]*")
DASH = re.compile(r"[ \t]*-[ \t]+")
# what a YAML 1.1 reader takes for a number, a time or a truth value
AMBIGUOUS = re.compile(r"[\d:.eE_+-]+|yes|no|on|off|y|n|true|false|null|~", re.IGNORECASE)
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")  # must be escaped to read back as they are
MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ]00:00(?::00(?:\.0{1,9})?)?")


@dataclass(frozen=True)
class Entry:
    """A property in the text: from the `start` of its name to the `end` of its value, its last comment not included."""

    name: str
    start: int
    colon: int
    end: int
    node: Node

    @cached_property
    def value(self) -> Any:
        """What it says, as JSON has values: a date as text, a time at midnight as the date."""
        return _meaning(self.node)

    @property
    def is_shared(self) -> bool:
        """Whether another property repeats it (`&name`, `*name`), or it repeats another: it has no place of its own."""
        return self.node.start_mark.index < self.colon or any(node.anchor for node in _below(self.node))


def entries_of(text: str) -> dict[str, Entry] | None:
    """The properties by name, in order; None where the text is no YAML mapping that has each name once."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            return {}
        if not isinstance(root, MappingNode) or not all(_names_once(node) for node in _below(root)):
            return None
        return {entry.name: entry for entry in (_entry(text, key, value) for key, value in root.value)}
    except Exception:  # YAMLError, RecursionError, and what else ruamel raises over what is no YAML
        return None


def plain(value: Any) -> Any:
    """One of our values as JSON can hold and compare it: dates as text, lists as lists."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return [plain(item) for item in value] if isinstance(value, list) else value


def dumped(properties: Mapping[str, Any]) -> str:
    """The properties as YAML with LF; "" for none. Every scalar is on one line, and safe for a YAML 1.1 reader."""
    if not properties:
        return ""
    yaml = YAML()
    yaml.width = 1_000_000  # a long title stays on its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    out = StringIO()
    yaml.dump({name: _quoted(value) for name, value in properties.items()}, out)
    return out.getvalue()


def with_value(text: str, entry: Entry, value: Any, *, newline: str) -> str:
    """`text` with another value of one property; its quotes, list style, indents and comments stay."""
    node = entry.node
    if isinstance(value, list) and value and isinstance(node, SequenceNode) and node.value:
        if node.flow_style:
            return text[: node.start_mark.index] + _flow(value) + text[entry.end :]
        first, after = _line_start(text, node.value[0].start_mark.index), _line_end(text, entry.end)
        if (items := _items(text, node, after)) is not None:
            return text[:first] + _with_items(items, value, newline) + text[after:]
    is_line = isinstance(node, ScalarNode) and node.style not in ("|", ">") and entry.end > node.start_mark.index
    if isinstance(node, ScalarNode) and is_line and value is not None and not isinstance(value, list):
        return text[: node.start_mark.index] + _scalar(value, node.style) + text[entry.end :]
    after = _line_end(text, entry.end)
    inside, beside = _gaps(text, entry), text[entry.end : after]
    comments = [comment + newline for gap in inside for comment in COMMENT.findall(gap)]
    new = dumped({"x": value}).removeprefix("x:").rstrip("\n").replace("\n", newline)
    if "\n" in new:  # a list below its name: the comment beside the old value stays beside the name
        return text[: entry.colon] + beside.rstrip("\r\n") + new + newline + "".join(comments) + text[after:]
    return text[: entry.colon] + new + beside + "".join(comments) + text[after:]


def without(text: str, entry: Entry, *, newline: str) -> str:
    """`text` without the lines of one property; comments on them stay, each on a line of its own."""
    first, after = _line_start(text, entry.start), _line_end(text, entry.end)
    gaps = [*_gaps(text, entry), text[entry.end : after]]
    comments = [text[first : entry.start] + comment + newline for gap in gaps for comment in COMMENT.findall(gap)]
    return text[:first] + "".join(comments) + text[after:]


def _entry(text: str, key: Node, node: Node) -> Entry:
    name = str(key.value) if isinstance(key, ScalarNode) else f"\0{key.start_mark.index}"  # no name that we look for
    colon = text.index(":", key.end_mark.index) + 1
    end = max(colon, *(_end(text, below) for below in _below(node)))
    return Entry(name, key.start_mark.index, colon, end, node)


def _end(text: str, node: Node) -> int:
    """Where a scalar or a list in brackets ends; 0 for what says nothing of that.

    ruamel has the end of a block, and the place of a value that is not there, behind the comments that follow.
    """
    is_block = isinstance(node, SequenceNode | MappingNode) and not node.flow_style
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return 0 if is_block or start == end else start + len(text[start:end].rstrip())


def _below(node: Node) -> Iterator[Node]:
    """The node and all within it, each once, whatever refers to what."""
    seen, waiting = set(), [node]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            if isinstance(one, MappingNode):
                waiting += [part for pair in one.value for part in pair]
            elif isinstance(one, SequenceNode):
                waiting += one.value


def _names_once(node: Node) -> bool:
    if not isinstance(node, MappingNode):
        return True
    names = [key.value for key, _ in node.value if isinstance(key, ScalarNode)]
    return len(names) == len(set(names))


def _meaning(node: Node) -> Any:
    if isinstance(node, SequenceNode):
        return [_meaning(item) for item in node.value]
    if isinstance(node, MappingNode):
        return {str(_meaning(key)): _meaning(value) for key, value in node.value}
    text, kind = str(node.value), str(node.tag).rpartition(":")[2]
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text.replace("_", ""), 0 if text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else 10)
            case "float":
                return float(text.replace("_", ""))
    except ValueError:  # `.nan`, and what a tag promises that the text does not keep
        return text
    if kind == "timestamp" and (midnight := MIDNIGHT.fullmatch(text)):  # Obsidian's date, where it keeps a time
        return midnight[1]
    return text


def _gaps(text: str, entry: Entry) -> list[str]:
    """The text between the scalars of a property: dashes, brackets, comments."""
    scalars = [node for node in _below(entry.node) if isinstance(node, ScalarNode)]
    spans = sorted((node.start_mark.index, end) for node in scalars if (end := _end(text, node)))
    starts, ends = [start for start, _ in spans] + [entry.end], [entry.colon] + [end for _, end in spans]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


@dataclass(frozen=True)
class _Item:
    """One item of a block list: what it says, the dash with its indent, the lines up to the next one, its comments."""

    value: Any
    dash: str
    lines: str
    comments: Sequence[str]


def _items(text: str, node: SequenceNode, after: int) -> list[_Item] | None:
    """The items of a block list that ends before `after`; None where one is no plain value on lines of its own."""
    starts = [_line_start(text, item.start_mark.index) for item in node.value]
    items = []
    for item, start, end in zip(node.value, starts, [*starts[1:], after], strict=True):
        dash, item_end = text[start : item.start_mark.index], _end(text, item)
        if not isinstance(item, ScalarNode) or not DASH.fullmatch(dash) or not start < item_end <= end:
            return None
        items.append(_Item(_meaning(item), dash, text[start:end], COMMENT.findall(text[item_end:end])))
    return items


def _with_items(old: Sequence[_Item], new: Sequence[str], newline: str) -> str:
    """The lines of a list with other items: those that stay, stay as they are; comments of those that go, stay."""
    dash, lines = old[0].dash, []
    matcher = SequenceMatcher(None, [str(item.value) for item in old], new, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            lines += [item.lines for item in old[old_from:old_to]]
            continue
        lines += [f"{dash}{_scalar(item, None)}{newline}" for item in new[new_from:new_to]]
        indent = dash.partition("-")[0]
        lines += [f"{indent}{comment}{newline}" for item in old[old_from:old_to] for comment in item.comments]
    return "".join(lines)


def _scalar(value: Any, style: str | None) -> str:
    """A value on one line, in the quotes that stood there where it can be."""
    if isinstance(value, str) and style == "'" and not UNSEEN.search(value):
        value = SingleQuotedScalarString(value)
    elif isinstance(value, str) and style == '"':
        value = DoubleQuotedScalarString(value)
    return dumped({"x": value})[2:].strip(" \n")


def _flow(items: Sequence[str]) -> str:
    sequence = CommentedSeq(_quoted(item) for item in items)
    sequence.fa.set_flow_style()
    return dumped({"x": sequence})[2:].strip(" \n")


def _quoted(value: Any) -> Any:
    """Text that another reader could take for something else, or that cannot stand there as it is, is quoted."""
    if isinstance(value, CommentedSeq):
        return value
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    if type(value) is str and (AMBIGUOUS.fullmatch(value) or UNSEEN.search(value)):
        return DoubleQuotedScalarString(value)
    return value


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Behind the line that `index` is in."""
    return text.find("\n", index) + 1 or len(text)
