"""Who is in an episode: the publisher's persons, and those heard in the transcript, each once. Pure.

Belongs here: when two names are one person's. Does not: how they are written (`markdown.wikilink`).
"""

import unicodedata
from collections.abc import Iterable

from inkwell_pipeline.models import Person
from inkwell_pipeline.notes.markdown import one_line

__all__ = ["people_of"]

HOSTS = ("host", "co-host", "cohost", "guest host")
TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "sir"})


def people_of(published: Iterable[Person], heard: Iterable[Person] = ()) -> tuple[Person, ...]:
    """Everybody once, hosts first, else in the order named; the publisher's spelling and role, the fuller name.

    `Ada` is the same as `Ada Brook` where both are named.
    """
    found: dict[tuple[str, ...], Person] = {}
    for person in (*published, *heard):
        name = one_line(person.name)
        key = _folded(name)
        if not key:
            continue
        same = next((known for known in found if _is_same(known, key)), None)
        if same is None:
            found[key] = Person(name=name, role=one_line(person.role).lower())
        elif len(key) > len(same):  # `Ada` was there, and keeps her place and role
            fuller = Person(name=name, role=found[same].role)
            found = {key if known == same else known: fuller if known == same else one for known, one in found.items()}
    return tuple(sorted(found.values(), key=lambda person: person.role not in HOSTS))


def _is_same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return one == other or ((len(one) == 1 or len(other) == 1) and one[0] == other[0])


def _folded(name: str) -> tuple[str, ...]:
    """The words of a name without case, accents, punctuation and titles."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char)).casefold()
    words = "".join(char if char.isalnum() else " " for char in plain).split()
    return tuple(words[1:] if len(words) > 1 and words[0] in TITLES else words)
