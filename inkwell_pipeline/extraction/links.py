"""Web addresses that were said or written in a transcript.

Belongs here: which addresses were meant. Does not: what an address sounds like (`heard_addresses.py`), links that the
publisher wrote (show notes are not extraction).
"""

from collections.abc import Sequence

from inkwell_pipeline.extraction.english import EVERYDAY
from inkwell_pipeline.extraction.heard_addresses import ADDRESS, written
from inkwell_pipeline.extraction.lexicon import vocabulary
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.words import bare
from inkwell_pipeline.models import Item

__all__ = ["links"]

BEFORE_ADDRESS = vocabulary(
    "at to on is from of called visit via with and or in out over into see by for use"
    " it's it’s that's that’s url website site"
)


def links(found: Sequence[Sentence], adverts: Sequence[bool]) -> tuple[Item, ...]:
    """Web addresses that were said or written, each once, where it first came; a sponsor's are left out."""
    items: dict[str, Item] = {}
    for sentence, advert in zip(found, adverts, strict=True):
        if advert:
            continue
        for address in addresses(sentence.text):
            key = address.lower().removeprefix("www.").rstrip("/")
            at_s, who = sentence.start_s, sentence.speaker
            items.setdefault(key, Item(url=f"https://{address}", label=key, start_s=at_s, speaker=who))
    return tuple(items.values())


def addresses(text: str) -> list[str]:
    """Hosts with paths in one sentence.

    A name that speech recognition tore apart ("at Log rocket.com") is left out: its end is another's.
    """
    found = []
    for match in ADDRESS.finditer(text):
        before = text[: match.start()].split()
        if match["scheme"] or match["www"] or not before or bare(before[-1]) in BEFORE_ADDRESS:
            address = written(match)
            if not match["scheme"] and len(first := address.split(".")[0]) < 6 and first in EVERYDAY:
                continue  # "the.io", "got.blog": short words that captions ran together
            found.append(address)
    return found
