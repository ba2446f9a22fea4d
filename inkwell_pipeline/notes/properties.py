"""Our properties and the user's become what is to stand on top of the note: theirs win where they touched one. Pure.

Belongs here: the three-way decision on each property, and the proof that nothing else has changed. Does not: YAML as
text (`yaml_text.py`), where in the file the properties are (`merge.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inkwell_pipeline.notes.render import Property
from inkwell_pipeline.notes.yaml_text import Entry, dumped, entries_of, plain, with_value, without

__all__ = ["NEVER_AWAY", "MergedProperties", "merge_properties", "plain_properties"]

NEVER_AWAY = frozenset({"inkwell_id", "guid"})  # by which a note is found again
FACTS = NEVER_AWAY | {"inkwell_transcript", "inkwell_model", "inkwell_cost_usd"}  # nothing to have an opinion on


@dataclass(frozen=True)
class MergedProperties:
    """The text between the lines of dashes, the user's edits by name, and the base of the next merge."""

    text: str
    edits: tuple[str, ...]
    base: dict[str, Any] | None
    readable: bool = True


@dataclass(frozen=True)
class _Plan:
    """What is to be done: values to put, names to take away."""

    put: dict[str, Property]
    away: tuple[str, ...]
    edits: tuple[str, ...]
    base: dict[str, Any]


def plain_properties(properties: Mapping[str, Property]) -> dict[str, Any]:
    """Properties as JSON can hold and compare them: dates as text, lists as lists."""
    return {name: plain(value) for name, value in properties.items()}


def merge_properties(
    text: str, ours: Mapping[str, Property], base: Mapping[str, Any] | None, *, newline: str
) -> MergedProperties:
    """`text` is the user's YAML, `base` our properties as last written (None: lost), `newline` is for our lines.

    Only the lines of properties of ours that have another value change. Where that cannot be done without a change to
    something else, nothing is done.
    """
    there = entries_of(text)
    if there is None:  # theirs to mend: nothing can be changed in what cannot be read
        return MergedProperties(text, ("the properties (they are no YAML)",), _kept(base), readable=False)
    plan = _planned(there, ours, base)
    done = _carried_out(text, plan, newline=newline)
    if done is None or not _is_just_the_plan(there, text, done, plan):
        told = ("the properties (ours cannot be changed without a change to yours)",)
        return MergedProperties(text, told, _kept(base))
    return MergedProperties(done, plan.edits, plan.base)


def _kept(base: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if base is None else dict(base)


def _planned(there: Mapping[str, Entry], ours: Mapping[str, Property], base: Mapping[str, Any] | None) -> _Plan:
    """The next base has of each property what we last wrote, also of those that the user changed or took away."""
    put: dict[str, Property] = {}
    edits: list[str] = []
    known, after = base or {}, {}
    for name, value in ours.items():
        new, entry = plain(value), there.get(name)
        after[name] = new
        if entry is not None and entry.value == new:
            continue
        untouched = entry is not None and name in known and entry.value == known[name]
        newcomer = entry is None and base is not None and name not in known
        if name in (NEVER_AWAY if entry is None else FACTS) or untouched or newcomer:
            put[name] = value
        else:
            after[name] = known.get(name, new)
            edits.append(f"property {name} ({'deleted' if entry is None else 'changed'})")
    away = []
    for name in [name for name in known if name not in ours]:
        if name in there and there[name].value == known[name]:
            away.append(name)
        else:
            after[name] = known[name]
            edits += [f"property {name} (changed)"] if name in there else []
    return _Plan(put, tuple(away), tuple(edits), after)


def _carried_out(text: str, plan: _Plan, *, newline: str) -> str | None:
    """`text` after the plan; None where one property cannot be changed alone."""
    for name in [*plan.away, *plan.put]:
        there = entries_of(text)
        if there is None or (name in there and there[name].is_shared):
            return None
        if name in plan.away:
            text = without(text, there[name], newline=newline)
        elif name in there:
            text = with_value(text, there[name], plan.put[name], newline=newline)
        else:
            text = _with_new(text, there, name, plan.put[name], newline)
    return text


def _with_new(text: str, there: Mapping[str, Entry], name: str, value: Property, newline: str) -> str:
    first = next(iter(there.values()), None)
    indent = text[text.rfind("\n", 0, first.start) + 1 : first.start] if first else ""
    lines = "".join(indent + line for line in dumped({name: value}).splitlines(keepends=True))
    return text + lines.replace("\n", newline)


def _is_just_the_plan(there: Mapping[str, Entry], before: str, after: str, plan: _Plan) -> bool:
    """Read again: ours say what they should, the user's stand byte for byte and in their order."""
    if after == before:
        return True
    now = entries_of(after)
    if now is None:
        return False
    names = [name for name in there if name not in plan.away]
    return (
        list(now) == [*names, *(name for name in plan.put if name not in there)]
        and all(now[name].value == plain(value) for name, value in plan.put.items())
        and all(
            before[there[name].start : there[name].end] == after[now[name].start : now[name].end]
            for name in names
            if name not in plan.put
        )
    )
