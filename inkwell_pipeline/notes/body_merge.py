"""Our sections and the user's become what is to stand between the marks: theirs win where they touched one. Pure.

Belongs here: which text of a section stands, where a new one goes, in which order they stand. Does not: what a section
is (`sections.py`), the marks (`merge.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkwell_pipeline.ascent import longest_ascent
from inkwell_pipeline.notes.sections import (
    Label,
    Part,
    WrittenBody,
    WrittenSection,
    depth_of,
    is_headed,
    labelled,
    parts_of,
    recognised,
)

__all__ = ["MergedBody", "merge_body", "merge_unknown", "written_body"]

OPENING = "the lines before the first heading"
OPENING_LABEL: Label = ("", 0)
UNKNOWN = "?"  # no hash: nothing is as it was


@dataclass(frozen=True)
class MergedBody:
    """What is to stand between the marks, the user's edits in it by name, and the base of the next merge."""

    text: str
    edits: tuple[str, ...]
    base: WrittenBody


@dataclass(frozen=True)
class _Standing:
    """A section of the merged text. No `label`: it is the user's own; no `place` in their text: it is new."""

    text: str
    label: Label | None
    written: WrittenSection | None
    place: int | None
    edit: str = ""

    @property
    def opens(self) -> bool:
        """Whether it is what stands before the first heading."""
        return self.label == OPENING_LABEL or (self.place == 0 and self.label is None and not is_headed(self.text))


def written_body(body: str) -> WrittenBody:
    """The base of a body that was written as it is."""
    depth = depth_of(body)
    return WrittenBody(depth=depth, sections=tuple(part.written for part in parts_of(body.lstrip("\n"), depth)))


def merge_unknown(theirs: str, ours: str, *, newline: str) -> MergedBody:
    """As `merge_body` where the base is lost and somebody has changed something: all of `theirs` stays.

    From now on what is there and is not as in `ours` is the user's, also when they delete or rename it later.
    """
    merged = merge_body(theirs, ours, written_body(ours), newline=newline)
    ours_by_label = labelled(parts_of(ours, depth_of(ours)))
    parts = labelled(parts_of(theirs, merged.base.depth))
    unknown = [
        part.written.model_copy(update={"content": UNKNOWN})
        for label, part in parts.items()
        if part.bare and label not in ours_by_label
    ]
    known = merged.base.model_copy(update={"deleted": (*merged.base.deleted, *unknown)})
    return MergedBody(theirs, merged.edits, known)


def merge_body(theirs: str, ours: str, base: WrittenBody, *, newline: str) -> MergedBody:
    """`theirs` stands in the file, with any line ends; `ours` is what we render now, with LF; `newline` is for it.

    A section that stands as we last wrote it becomes ours of now, or goes where we have it no more. One that the user
    changed, renamed, moved or added stays; one that they deleted stays away. New ones come after the section that they
    follow in `ours`.
    """
    lead = theirs[: len(theirs) - len(theirs.lstrip(" \t\r\n"))].rpartition("\n")
    blank = lead[0] + lead[1]
    there = parts_of(theirs[len(blank) :], base.depth)
    depth = depth_of(ours)
    now = labelled(parts_of(ours.lstrip("\n"), depth))
    before = {section.label: section for section in (*base.deleted, *base.sections)}
    known = {**before, **{label: part.written for label, part in now.items() if label not in before}}
    labels = recognised(there, known)
    moved = base.moved or not _ascends(_places(labels, [section.label for section in base.sections]))
    deleted = [label for label in before if label not in labels]

    stands = [
        _standing(part, label, place, known, now, newline)
        for place, (part, label) in enumerate(zip(there, labels, strict=True))
    ]
    kept = [one for one in stands if one is not None]
    if not moved and all(one.label in now and not one.edit for one in kept):  # nobody but us has put them in order
        kept.sort(key=lambda one: list(now).index(one.label or ("", 0)))
    merged = _with_new(kept, [label for label in now if label not in before and label not in labels], now, newline)
    return MergedBody(
        blank + _joined(merged, last_place=len(there) - 1, newline=newline),
        _edits(merged, deleted, list(now)),
        WrittenBody(
            depth=depth,
            sections=tuple(one.written for one in merged if one.written),
            deleted=tuple(before[label] for label in deleted),
            moved=moved,
        ),
    )


def _standing(
    part: Part,
    label: Label | None,
    place: int,
    known: Mapping[Label, WrittenSection],
    now: Mapping[Label, Part],
    newline: str,
) -> _Standing | None:
    """What becomes of a section that stands in the file; None: it goes."""
    if label is None:
        return _Standing(part.text, None, None, place, f"{part.written.label[0] or OPENING} (added)")
    new, last = now.get(label), known[label]
    if new is not None and _is_as(part, new.written):
        return _Standing(part.text, label, new.written, place)
    if not _is_as(part, last):
        how = "changed" if part.written.label[0] == label[0] else "renamed"
        return _Standing(part.text, label, last, place, f"{label[0] or OPENING} ({how})")
    if new is None:
        return None
    text = new.bare.replace("\n", newline) + part.text[len(part.bare) :]
    return _Standing(text, label, new.written, place)


def _is_as(part: Part, section: WrittenSection) -> bool:
    return (part.written.heading, part.written.content) == (section.heading, section.content)


def _with_new(
    kept: Sequence[_Standing], new: Sequence[Label], now: Mapping[Label, Part], newline: str
) -> list[_Standing]:
    """`kept` with each new section behind the one that it follows in ours, else before the one that it precedes.

    What we have before the first heading stands first, or not at all where the user has something there.
    """
    merged, order = list(kept), list(now)
    for label in new:
        made = _Standing(now[label].bare.replace("\n", newline) + newline, label, now[label].written, None)
        if label == OPENING_LABEL:  # anywhere else it would be read as the end of the section before it
            if not (merged and merged[0].opens):
                merged.insert(0, made)
            continue
        index = order.index(label)
        labels = [one.label for one in merged]
        earlier = [labels.index(other) for other in order[:index] if other in labels]
        later = [labels.index(other) for other in order[index:] if other in labels]
        at = earlier[-1] + 1 if earlier else min(later, default=len(merged))
        merged.insert(at, made)
    return merged


def _joined(merged: Sequence[_Standing], *, last_place: int, newline: str) -> str:
    """One text; a blank line between sections that were no neighbours in the file, none of ours at the end."""
    texts = []
    for index, one in enumerate(merged):
        text, following = one.text, merged[index + 1] if index + 1 < len(merged) else None
        if following is None:
            if not one.edit and one.place != last_place:
                text = text.rstrip() + newline
        elif one.place is None or following.place != one.place + 1:
            text += "" if text.replace("\r\n", "\n").endswith("\n\n") else newline
        texts.append(text)
    return "".join(texts)


def _edits(merged: Sequence[_Standing], deleted: Sequence[Label], order: Sequence[Label]) -> tuple[str, ...]:
    """What stands as the user left it, and not as we would have it."""
    edits = [one.edit for one in merged if one.edit]
    edits += [f"{label[0] or OPENING} (deleted)" for label in deleted if label in order]
    labels = [one.label for one in merged if one.label in order]
    stay = set(longest_ascent(_places(labels, order)))  # the most that need not move to bring all into order
    edits += [f"{label[0] or OPENING} (moved)" for place, label in enumerate(labels) if label and place not in stay]
    return tuple(edits)


def _places(labels: Sequence[Label | None], order: Sequence[Label]) -> list[int]:
    """Where in `order` each label is; those that are not in it are left out."""
    place = {label: index for index, label in enumerate(order)}
    return [place[label] for label in labels if label in place]


def _ascends(numbers: Sequence[int]) -> bool:
    return list(numbers) == sorted(numbers)
