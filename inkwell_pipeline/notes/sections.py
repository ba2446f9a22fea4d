"""A text as sections, and recognising those that we wrote in what the user made of them. Pure.

Belongs here: where a section begins, its name, what we remember of it. Does not: whose text stands (`body_merge.py`).
A section is a heading of level 1 or 2 with all that follows it (a text without such headings, as a layout of the
user's may give: of its highest level); what comes before the first heading is one, too. Headings in code do not count.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from inkwell_pipeline.models import Frozen

__all__ = [
    "Label",
    "Part",
    "WrittenBody",
    "WrittenSection",
    "depth_of",
    "is_headed",
    "labelled",
    "parts_of",
    "recognised",
]

LINE = re.compile(r"[^\n]*\n|[^\n]+")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
USUAL_DEPTH = 2
Label = tuple[str, int]  # a section's title, "" before the first heading, and which of those with that title it is


class WrittenSection(Frozen):
    """A section as we last wrote it: its heading's line ("" before the first one), and a hash of what follows."""

    heading: str
    content: str
    nth: int = 0  # among those with the same title, in the order in which we render them

    @property
    def label(self) -> Label:
        return _title(self.heading), self.nth


class WrittenBody(Frozen):
    """What we last wrote between the marks, and what the user made of it: the base of the next merge.

    `depth`: the lowest level of a heading that begins a section. `sections` are in the file's order. What the user
    `deleted`, and that they have `moved` something, is remembered for good, also while we have no such section.
    """

    depth: int
    sections: tuple[WrittenSection, ...]
    deleted: tuple[WrittenSection, ...] = ()
    moved: bool = False


@dataclass(frozen=True)
class Part:
    """A section of a text, byte for byte; `text` has the heading's line, too."""

    text: str
    written: WrittenSection

    @property
    def bare(self) -> str:
        """Without the blank lines at its end: they part it from the next section, wherever both stand."""
        return self.text.rstrip()


def depth_of(body: str) -> int:
    """The lowest level of a heading that begins a section in `body`."""
    highest = min((level for _, level in _lines(body) if level), default=USUAL_DEPTH)
    return max(highest, USUAL_DEPTH)


def parts_of(body: str, depth: int) -> list[Part]:
    """The sections of `body`, which together are `body`. A hash is the same for LF and CRLF."""
    texts: list[list[str]] = []
    for line, level in _lines(body):
        if not texts or 0 < level <= depth:
            texts.append([])
        texts[-1].append(line)
    return _counted(_part("".join(lines), depth) for lines in texts)


def is_headed(text: str) -> bool:
    """Whether a section's text begins with a heading."""
    return HEADING.match(text.partition("\n")[0]) is not None


def labelled(parts: Iterable[Part]) -> dict[Label, Part]:
    return {part.written.label: part for part in parts}


def recognised(parts: Sequence[Part], known: Mapping[Label, WrittenSection]) -> list[Label | None]:
    """Which of the known sections each part is; None: none of them, the user has written it.

    Those that are as they were come first, then those with the same title, then those with another title over the
    same words.
    """
    found: list[Label | None] = [None] * len(parts)
    for name in _NAMES:
        free: defaultdict[Hashable, list[Label]] = defaultdict(list)
        for label in reversed(list(known)):
            if label not in found:
                free[name(known[label])].append(label)
        for index, part in enumerate(parts):
            if found[index] is None and free.get(name(part.written)):
                found[index] = free[name(part.written)].pop()
    return found


def _lines(body: str) -> Iterable[tuple[str, int]]:
    """The lines with their ends, and the level of the heading that each is; 0 for none."""
    fence = ""
    for line in LINE.findall(body):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            yield line, 0
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence = mark[1]
            yield line, 0
        else:
            heading = HEADING.match(line)
            yield line, len(heading[1]) if heading else 0


def _part(text: str, depth: int) -> Part:
    first, _, rest = text.partition("\n")
    heading = HEADING.match(first)
    is_heading = heading is not None and len(heading[1]) <= depth
    content = (rest if is_heading else text).replace("\r\n", "\n").rstrip()
    digest = sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16] if content else ""
    return Part(text, WrittenSection(heading=first.strip() if is_heading else "", content=digest))


def _counted(parts: Iterable[Part]) -> list[Part]:
    seen: Counter[str] = Counter()
    counted = []
    for part in parts:
        title = part.written.label[0]
        counted.append(replace(part, written=part.written.model_copy(update={"nth": seen[title]})))
        seen[title] += 1
    return counted


def _title(heading: str) -> str:
    """The words of a heading's line, without its marks in front and at its end."""
    words = heading.lstrip("#").strip()
    without = words.rstrip("#")
    return (without.rstrip() if without[-1:] in (" ", "\t") else words) or heading


def _exactly(section: WrittenSection) -> Hashable:
    return section.heading, section.content


def _by_title(section: WrittenSection) -> Hashable:
    return section.label[0]


def _by_content(section: WrittenSection) -> Hashable:
    return section.content or section  # no words: like nothing else


_NAMES: tuple[Callable[[WrittenSection], Hashable], ...] = (_exactly, _by_title, _by_content)
