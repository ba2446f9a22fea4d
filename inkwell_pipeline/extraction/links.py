"""Web addresses that were said or written in a transcript.

Belongs here: what an address sounds like. Does not: links that the publisher wrote (show notes are not extraction).
"""

import re
from collections.abc import Iterator, Sequence

from inkwell_pipeline.extraction.english import EVERYDAY
from inkwell_pipeline.extraction.lexicon import vocabulary
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.words import bare
from inkwell_pipeline.models import Item

__all__ = ["TOP", "every_address", "links"]

# Domains in use among shows' links. Not all there are: "node.js" and "package.json" are no addresses.
TOP = "com|org|net|io|dev|fm|co|edu|gov|app|me|tv|ai|uk|ca|de|eu|fr|nl|ch|se|info|xyz|tech|cloud|sh|page|blog"
ADDRESS = re.compile(
    r"(?<![\w@.-])(?P<scheme>https?://)?(?P<www>www(?:\.| dot ))?"
    rf"(?P<host>[a-z0-9-]{{2,63}}(?:(?:\.| dot )[a-z0-9-]{{2,63}}){{0,3}}?(?:\.| dot )(?:{TOP}))"
    r"(?![\w@-]|\.\w| dot )"
    r"(?P<path>(?:/[^\s<>]*|(?: (?:forward |ford )?slash [\w-]+){0,3}))",
    re.IGNORECASE,
)
SPOKEN_DOT = re.compile(" dot ", re.IGNORECASE)
SPOKEN_SLASH = re.compile(r" (?:forward |ford )?slash ", re.IGNORECASE)
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
    """Hosts with paths in one sentence: "example.com/path", "example dot com slash path".

    A name that speech recognition tore apart ("at Log rocket.com") is left out: its end is another's.
    """
    found = []
    for match in ADDRESS.finditer(text):
        before = text[: match.start()].split()
        if match["scheme"] or match["www"] or not before or bare(before[-1]) in BEFORE_ADDRESS:
            address = _written(match)
            if not match["scheme"] and len(first := address.split(".")[0]) < 6 and first in EVERYDAY:
                continue  # "the.io", "got.blog": short words that captions ran together
            found.append(address)
    return found


def every_address(text: str) -> Iterator[str]:
    """The same without a doubt about any: what may have been meant, for those who know an address already."""
    yield from map(_written, ADDRESS.finditer(text))


def _written(match: re.Match[str]) -> str:
    host = SPOKEN_DOT.sub(".", match["host"]).lower()
    return host + SPOKEN_SLASH.sub("/", match["path"]).rstrip(".,;:!?)]}'\"”’")
