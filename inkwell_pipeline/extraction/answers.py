"""A model's answer becomes a section, or a reason why it cannot be used. Pure.

Belongs here: the answer's form (`prompts.py` states it), and what of it is let through. Does not: whether what it says
is true (`evidence.py`).
Lenient where no meaning is at stake (a code fence, a word before the object, a list of plain strings), strict where it
is: half an object is none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inkwell_pipeline.models import Item, Person, SectionKind

__all__ = ["Answer", "Unusable", "read_answer"]

MOST_ITEMS = 100
LONGEST = {"text": 4000, "label": 200, "said": 1000, "url": 2000, "name": 100, "role": 40}  # characters


@dataclass(frozen=True)
class Answer:
    """What a model gave for a template."""

    items: tuple[Item, ...]
    people: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Unusable:
    """Why an answer cannot be used, in words that the model understands as well as the user."""

    reason: str


def read_answer(text: str, kind: SectionKind) -> Answer | Unusable:
    """The items that have what this kind of section needs."""
    said = _json(text)
    if isinstance(said, list):
        said = {"items": said}
    if not isinstance(said, dict):
        return Unusable("it was not one JSON object")
    given = said.get("items")
    if not isinstance(given, list):
        return Unusable('it had no list "items"')
    items = tuple(item for one in given[:MOST_ITEMS] if (item := _item(one, kind)) is not None)
    if given and not items:
        return Unusable(f"none of its items had what the task needs ({_needs(kind)})")
    if kind == "prose" and not items:
        return Unusable('it had no "text"')
    return Answer(items, tuple(_people(said.get("people"))) if kind == "prose" else ())


def _json(text: str) -> Any:
    """The JSON value in an answer; None where there is none."""
    begins = min((at for sign in "{[" if (at := text.find(sign)) >= 0), default=-1)
    if begins < 0:
        return None
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text[begins:])  # real line ends in texts are let through
    except (ValueError, RecursionError):
        return None
    return value


def _item(given: Any, kind: SectionKind) -> Item | None:
    if isinstance(given, str):
        given = {"text": given}
    if not isinstance(given, dict):
        return None
    text, label, said, url = (_words(given.get(name), name) for name in ("text", "label", "said", "url"))
    match kind:
        case "prose":
            return Item(text=text) if text else None
        case "quotes":
            return Item(text=text) if text else None
        case "items":
            return Item(text=text, label=label or None, said=said or None) if text else None
        case "links":
            named = label or url
            return Item(text=text, label=named, said=said or None, url=url or None) if named or text else None


def _needs(kind: SectionKind) -> str:
    return '"label"' if kind == "links" else '"text"'


def _people(given: Any) -> Iterator[Person]:
    for one in given[:MOST_ITEMS] if isinstance(given, list) else ():
        name = one if isinstance(one, str) else one.get("name") if isinstance(one, dict) else None
        role = one.get("role") if isinstance(one, dict) else None
        if found := _words(name, "name"):
            yield Person(name=found, role=_words(role, "role").lower())


def _words(value: Any, name: str) -> str:
    """One line of text; empty for what is none, or longer than anything that a note could want."""
    if not isinstance(value, str) or len(value) > LONGEST[name]:
        return ""
    return " ".join(value.encode("utf-8", "replace").decode().split())  # lone surrogates are no text
