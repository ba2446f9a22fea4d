"""Which pages of the web a text names: what a publisher wrote, and what was said.

Belongs here: the addresses in a text, and whether one names the same page as another. Does not: links as a section
(`links.py`), what becomes of an address that nobody named (`evidence.py`).
Pure, and linear in the texts.
"""

import re
from collections.abc import Iterable

from inkwell_pipeline.addresses import same_address
from inkwell_pipeline.extraction.heard_addresses import every_address
from inkwell_pipeline.extraction.matching import Words
from inkwell_pipeline.extraction.wordforms import forms
from inkwell_pipeline.references import unescaped

__all__ = ["AFTER_ADDRESS", "Pages", "Published", "page"]

AFTER_ADDRESS = ".,;:!?)]}'\"”’–—-"  # what ends a sentence, not an address
WRITTEN = re.compile(
    r"(?<![\w@.-])(?:https?://)?[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?(?![\w@])(?:[/?#][^\s<>\"]*)?", re.IGNORECASE
)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")


def page(address: str) -> tuple[str, str]:
    """(host, the rest) of an address; equal for two that name one page, with no rest for a host's first page."""
    plain = address.strip()
    if scheme := SCHEME.match(plain):  # at the beginning alone: an address may have another in its path
        plain = plain[scheme.end() :]
    host = re.split(r"[/?#]", plain, maxsplit=1)[0]
    rest = plain[len(host) :].removeprefix("/")
    host, _, rest = same_address(f"https://{host}/{rest}").partition("/")
    return host, rest


class Pages:
    """The pages that texts name. `heard`: in a transcript, where capitals are the transcriber's."""

    def __init__(self, texts: Iterable[str], *, heard: bool = False) -> None:
        self._heard = heard
        self._paths: dict[str, set[str]] = {}
        for text in texts:
            found = [match[0] for match in WRITTEN.finditer(text)]
            for address in [*found, *every_address(text)] if heard else found:
                for written in (address, address.rstrip(AFTER_ADDRESS)):
                    host, path = page(written)
                    self._paths.setdefault(host, set()).add(path.casefold() if heard else path)

    def name(self, address: str) -> bool:
        """Whether they name this page; for an address without a path, its host with any path."""
        host, path = page(address)
        paths = self._paths.get(host)
        return paths is not None and (not path or (path.casefold() if self._heard else path) in paths)


class Published:
    """What the publisher wrote about an episode: HTML, or plain text."""

    def __init__(self, *texts: str) -> None:
        self._pages = Pages(unescaped(text) for text in texts)
        # a word that no text has, so that nothing is found from the end of one text to the beginning of the next
        self._words = Words([form for text in texts for form in [*forms(unescaped(TAG.sub(" ", text))), "\n"]])

    def mentions(self, address: str) -> bool:
        """Whether the web address stands in it, as a link or in the text."""
        return self._pages.name(address)

    def says(self, text: str) -> bool:
        """Whether it has these words, in this order, without a gap."""
        return bool(self._words.exact(forms(text)))
