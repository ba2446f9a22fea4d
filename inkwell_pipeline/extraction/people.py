"""Who speaks: the speakers' names as the transcript has them, and those who are introduced.

Belongs here: what is a name, whose initials stand before a turn, how people are introduced. Only what is sure: a wrong
name in a vault is worse than none. Does not: people whom the publisher names (the feed has them).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from inkwell_pipeline.extraction.lexicon import lexicon, vocabulary
from inkwell_pipeline.models import Person, Segment

__all__ = ["NOBODY", "introduced", "is_role", "named_speakers", "people"]

ROLES = vocabulary(
    """
    all announcer audience both caller clip crowd everyone guest guests host hosts intro interviewee interviewer
    listener male female moderator music narrator operator outro panel producer promo recording speaker speakers
    sponsor sponsors trailer translator transcript unidentified unknown various video voice voiceover voicemail
    """
)
NOBODY = vocabulary("unknown unidentified speaker")
JINGLES = vocabulary("announcer narrator sponsor sponsors promo commercial music intro outro jingle")
NATIONS = vocabulary(
    """
    african american asian australian austrian belgian brazilian british canadian chinese danish dutch english
    european finnish french german greek indian irish italian japanese korean mexican norwegian polish portuguese
    russian scottish spanish swedish swiss turkish
    """
)
HONORIFICS = vocabulary("dr prof professor mr mrs ms sir")
INITIALS = re.compile(r"[^\W\d_a-z]{2,4}")
MOST_NAMES = 100  # of a transcript that are looked at for whose initials a label is
INTRODUCED_S = 300.0
SAME_NAME = 0.75  # of the letters: two hearings of one name
# A name of two or three words with capitals; what speech recognition writes small is not sure enough.
WORD = r"[^\W\d_a-z][^\W\d_A-Z][\w'’-]{0,20}"
NAME = rf"(?P<name>{WORD}(?: (?:[^\W\d_a-z]\.|de|van|von|der|den|la|di|{WORD})){{0,2}} {WORD})(?![\w’'-])"
SAYS_OWN = re.compile(rf"\b(?i:i['’]m|i am|my name is|my name['’]s) {NAME}")
SAYS_OTHER = re.compile(
    r"\b(?i:guests?(?: today| this week| on the show)?,?(?: today)? is|joined(?: today| here| now"
    r"| once again)?,? (?:here )?by(?: my \w+,?)?"
    r"|joining (?:us|me)(?: today| now| here)? is|(?:with|here with) (?:me|us)(?: today| here| as always"
    r"| again)?,? (?:as always )?is"
    rf"|co-?host(?: today)?(?: is)?,?|i['’]m here with(?: my \w+,?)?|special guest,?(?: is| and that is)?"
    rf"|please welcome) {NAME}"
)
RECEIVED = re.compile(
    r"\b(?:guests?|welcome|joined|joining|interview|on the show|thank you|thanks|talk(?:ing)? (?:to|with)"
    r"|we have|chat)\b"
)


def people(
    speakers: Mapping[str, str], introductions: Sequence[str], segments: Sequence[Segment]
) -> tuple[Person, ...]:
    """Those who speak, who says most first, then those who are introduced and have no label of their own.

    `speakers`: names by label (`named_speakers`); `introductions`: names (`introduced`).
    """
    said: Counter[str] = Counter()
    for segment in segments:
        if segment.speaker is not None and segment.speaker in speakers:
            said[speakers[segment.speaker]] += len(segment.text)
    names = list(said)
    names.sort(key=lambda name: -said[name])
    for name in introductions:
        if not any(alike(name, other) for other in names):
            names.append(name)
    return tuple(Person(name=name, role="") for name in names)


def alike(name: str, other: str) -> bool:
    """Whether two spellings are likely one person's: a part of the other, or nearly the same letters."""
    mine, others = name.lower().split(), other.lower().split()
    if mine[0] == others[0]:  # two of one first name in an episode are rarer than two spellings of one name
        return True
    return SequenceMatcher(None, name.lower(), other.lower(), autojunk=False).ratio() >= SAME_NAME


def named_speakers(segments: Sequence[Segment], title: str) -> dict[str, str]:
    """The name behind each speaker's label: "Dr. Ada Byron" is Ada Byron, so is "AB", once her name has stood in full.

    Labels that name nobody ("Speaker 1", "Announcer", initials of an unknown) are not in it.
    """
    labels = list(dict.fromkeys(segment.speaker for segment in segments if segment.speaker))
    found = {label: name for label in labels if (name := name_in(label))}
    full = list(dict.fromkeys([*(name for name in found.values() if " " in name), *names_in_title(title)]))[:MOST_NAMES]
    for label in labels:
        name = found.get(label, label)
        if " " not in name.strip():
            match = [other for other in full if stands_for(name, other)]
            if len(match) == 1:
                found[label] = match[0]
            elif label in found and INITIALS.fullmatch(label):
                del found[label]
    return found


def name_in(label: str) -> str | None:
    """The name in a label without honorifics; None where it is a role, a number or nothing."""
    words = [word for word in label.split() if word.lower().strip(".") not in HONORIFICS]
    if not words or len(words) > 4 or any(word.lower().strip(".,:#()") in ROLES for word in words):
        return None
    if any(letter.isdigit() or letter in "()[]<>@/|" for letter in label) or not words[0][0].isupper():
        return None
    return " ".join(words)


def is_role(label: str | None) -> bool:
    """Whether a label is that of a jingle or an advertisement, not of anybody who talks with the others."""
    return label is not None and any(word in JINGLES for word in label.lower().split())


def stands_for(label: str, name: str) -> bool:
    """Whether a label of one word is short for a name: its initials, or the first name."""
    words = re.split(r"[\s-]+", name)
    initials = "".join(word[0].upper() for word in words if word)
    if INITIALS.fullmatch(label):
        return (
            initials == label or (initials.startswith(label) and len(label) >= 2) or initials[0] + initials[-1] == label
        )
    return label == words[0]


def names_in_title(title: str) -> list[str]:
    return [match["name"] for match in re.finditer(NAME, title)]


def introduced(sentences: Sequence[str], title: str, *, small: Collection[str]) -> list[str]:
    """Names that the first minutes introduce: "I'm …", "our guest today is …", or a guest of the title who is received.

    `small`: all words that the transcript has in small letters; no name is made of these.
    """
    found = [name for sentence in sentences for name in introductions(sentence)]
    for name in names_in_title(title):
        first = name.split()[0].lower()
        received = (RECEIVED.search(low) and first in re.findall(r"\w+", low) for low in map(str.lower, sentences))
        if plausible(name) and any(received):
            found.append(name)
    distinct: list[str] = []
    for name in found:
        if not set(name.lower().split()) & set(small) and not any(alike(name, other) for other in distinct):
            distinct.append(name)
    return distinct


def introductions(sentence: str) -> Iterator[str]:
    for pattern in (SAYS_OWN, SAYS_OTHER):
        for match in pattern.finditer(sentence):
            if plausible(match["name"]):
                yield match["name"]


def plausible(name: str) -> bool:
    """Whether no word of it is one of everyday talk: "I'm Super Excited" names nobody."""
    known = lexicon()
    words = name.lower().replace("'", "").replace("’", "").split()
    if any(word in NATIONS for word in words):
        return False
    return all(known.band(word.strip(".")) >= 5 or len(word) <= 2 for word in words)
