"""Who speaks: names as they stand before words, and labels that are no names.

Belongs here: what all forms have in common about speakers. Does not: a form's own way to name one (voices, cites,
JSON's fields), which its reader knows.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from inkwell_pipeline.models import Segment

__all__ = ["NAME", "known_names", "label", "prefix", "with_full_names"]

# `Wes Bos: `, `SPEAKER 1: `, `Dr. Courtney Tolinski: `; not `Note that the time is 12:30`
NAME = r"[^\W\d_][\w.'’-]{0,40}(?: [^\W_a-z][\w.'’-]{0,40}){0,3}"
PREFIX = re.compile(rf"(?:-\s{{1,3}})?(?:({NAME})|[\[(]({NAME})[\])]):(?: +(?=\S)|\s*$)")
ROLES = frozenset({"announcer", "narrator", "host", "guest", "interviewer", "speaker"})
GENERIC = re.compile(
    r"(?i)(?:unknown|unidentified|unnamed|multiple|all)?[ _-]?"
    r"(?:speakers?|spkr?|voices?|person|participant|channel|sprecher(?:in)?|locuteur|hablante)?[ _#-]{0,2}"
    r"(?:[0-9]{1,4}|[a-z]|s[0-9]{1,3})?"
)
INITIALS = re.compile(r"[A-ZÀ-Þ](?:[A-ZÀ-Þ]|[0-9]){1,3}")


def label(name: str | None) -> str | None:
    """The speaker's name; None for what names nobody: `SPEAKER_1`, `Speaker 2`, `Unknown`, `A`, a number.

    A role (`Narrator`, `Host`) is kept: the publisher says with it who speaks.
    """
    name = (name or "").strip().removesuffix(":").strip()
    return None if not name or GENERIC.fullmatch(name) else name


def prefix(text: str) -> tuple[str, str] | None:
    """What may be a speaker's name before words, and the words after it."""
    match = PREFIX.match(text)
    return (match[1] or match[2], text[match.end() :]) if match else None


def known_names(prefixes: Iterable[str]) -> frozenset[str]:
    """Those of the words before colons that are speakers: of two words at least, more than once, or a role."""
    found = Counter(prefixes)
    return frozenset(
        name
        for name, times in found.items()
        if times > 1 or " " in name or name.lower() in ROLES or GENERIC.fullmatch(name)
    )


def with_full_names(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """`WS` becomes `Wouter Swierstra`, where one speaker of the transcript alone can be meant.

    Edited transcripts name a speaker in full once, then by initials: of all names, or of the first few of them.
    """
    speakers = {segment.speaker for segment in segments if segment.speaker}
    short = {speaker for speaker in speakers if INITIALS.fullmatch(speaker)}
    by_initials: dict[str, list[str]] = {}
    by_first_initials: dict[str, list[str]] = {}
    for name in speakers - short:
        letters = _initials(name)
        by_initials.setdefault(letters, []).append(name)
        for length in range(2, min(len(letters), 4)):
            by_first_initials.setdefault(letters[:length], []).append(name)
    full: dict[str, str] = {}
    for name in short:
        found = by_initials.get(_plain(name)) or by_first_initials.get(_plain(name), [])
        if len(found) == 1:
            full[name] = found[0]
    if not full:
        return tuple(segments)
    return tuple(
        segment.model_copy(update={"speaker": full[segment.speaker]}) if segment.speaker in full else segment
        for segment in segments
    )


def _initials(name: str) -> str:
    return _plain("".join(part[0] for part in re.split(r"[\s-]+", name) if part))


def _plain(letters: str) -> str:
    """Without marks: `Á` is abbreviated as `A`."""
    return "".join(char for char in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(char))
