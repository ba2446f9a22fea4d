"""What of an extractor's section is true: its quotes were said, its times are right, its links exist. Pure.

Belongs here: what becomes of an item by what the transcript and the publisher say. Does not: finding words
(`spoken.py`), choosing items (an extractor's work), showing them (`notes/`).
"""

import re
from dataclasses import dataclass, field

from inkwell_pipeline.extraction.heard_addresses import TOP
from inkwell_pipeline.extraction.pages import AFTER_ADDRESS, Published, page
from inkwell_pipeline.extraction.spoken import Spoken
from inkwell_pipeline.models import Item, Section

__all__ = ["proven"]

WEB = re.compile(r"https?://[^\s/?#\\<>\"]+(?:[/?#][^\s\\<>\"]*)?", re.IGNORECASE)
BARE = re.compile(
    rf"https?://[^\s<>\"]+|(?<![\w@.-])(?:www\.[^\s<>\"]+|(?:[\w-]+\.)+(?:{TOP})(?![\w@-]|\.\w)(?:[/?#][^\s<>\"]*)?)",
    re.IGNORECASE,
)
EMPTY_BRACKETS = re.compile(r"\([ \t]*\)|\[[ \t]*\]|<[ \t]*>")
SPACE_BEFORE_STOP = re.compile(r" (?=[.,;:!?](?:\s|$))")


@dataclass
class _Checked:
    """An item on its way, None once it is left out, and what was not true of it."""

    item: Item | None
    unverified: int = 0
    untimed: int = 0
    links: set[tuple[str, str]] = field(default_factory=set)  # pages that nobody named


@dataclass(frozen=True)
class _Sources:
    spoken: Spoken
    published: Published

    def name(self, address: str) -> bool:
        """Whether either has the address; what ends a sentence may have got stuck to it."""
        found = {address, address.rstrip(AFTER_ADDRESS)}
        return any(self.spoken.mentions(each) or self.published.mentions(each) for each in found)

    def say(self, text: str) -> bool:
        return self.spoken.says(text) or self.published.says(text)


def proven(section: Section, spoken: Spoken, published: Published) -> Section:
    """The section with what the transcript, or for links the publisher, proves; the rest is left out and counted.

    A quote becomes the transcript's own words, with their time and speaker; one that was not said is left out
    (`unverified`). Other items that state words they rest on (`said`) get the time and speaker of these, else neither
    (`untimed`). An address stays where the transcript or the publisher names it (`links_dropped`). What is proven once
    is proven again: the same comes out.
    """
    sources = _Sources(spoken, published)
    checked = [_checked(item, sources, quote=section.kind == "quotes") for item in section.items]
    items = tuple(one.item for one in checked if one.item is not None)
    if items == section.items:
        return section
    return section.model_copy(
        update={
            "items": items,
            "unverified": section.unverified + sum(one.unverified for one in checked),
            "untimed": section.untimed + sum(one.untimed for one in checked),
            "links_dropped": section.links_dropped + sum(len(one.links) for one in checked),
        }
    )


def _checked(item: Item, sources: _Sources, *, quote: bool) -> _Checked:
    checked = _as_said(item, sources.spoken) if quote else _timed(item, sources.spoken)
    if checked.item is not None and not quote:
        _without_bare_addresses(checked, checked.item, sources)
    if checked.item is not None and checked.item.url is not None:
        _with_true_url(checked, checked.item, checked.item.url, sources)
    return checked


def _as_said(item: Item, spoken: Spoken) -> _Checked:
    passage = spoken.find(item.text, near_s=item.start_s, speaker=item.speaker)
    if passage is None:
        return _Checked(None, unverified=1)
    said = {"text": passage.text, "start_s": passage.start_s, "speaker": passage.speaker, "said": None}
    return _Checked(item.model_copy(update=said))


def _timed(item: Item, spoken: Spoken) -> _Checked:
    if item.said is None:  # an extractor's own time, out of the transcript itself
        return _Checked(item)
    passage = spoken.find(item.said, near_s=item.start_s, speaker=item.speaker)
    if passage is None:
        return _Checked(item.model_copy(update={"start_s": None, "speaker": None, "said": None}), untimed=1)
    return _Checked(item.model_copy(update={"start_s": passage.start_s, "speaker": passage.speaker, "said": None}))


def _without_bare_addresses(checked: _Checked, item: Item, sources: _Sources) -> None:
    """Cuts out of the text and the label what looks like an address and is none that anybody named."""
    text = _cut(item.text, checked, sources)
    label = _cut(item.label, checked, sources) if item.label else item.label
    if checked.links:
        left = item.model_copy(update={"text": text, "label": label or None})
        checked.item = left if text or label or item.url is not None else None


def _cut(text: str, checked: _Checked, sources: _Sources) -> str:
    while True:  # what stood before an address may be one without it; each turn takes something away
        pieces, end = [], 0
        for match in BARE.finditer(text):
            address = match[0].rstrip(AFTER_ADDRESS)
            if sources.name(match[0]) or _is_name(address, sources):
                continue
            pieces += [text[end : match.start()], " "]  # a space, so that nothing new comes together
            end = match.start() + len(address)
            checked.links.add(page(address))
        if not pieces:
            return text
        text = EMPTY_BRACKETS.sub(" ", "".join([*pieces, text[end:]]))
        text = SPACE_BEFORE_STOP.sub("", re.sub(r"[ \t]{2,}", " ", text)).strip()


def _is_name(address: str, sources: _Sources) -> bool:
    """Whether it is what was said without a dot: "ASP.NET", where captions have "asp net"."""
    return re.search(r"[/?#]|^www\.", address, re.IGNORECASE) is None and sources.say(address)


def _with_true_url(checked: _Checked, item: Item, url: str, sources: _Sources) -> None:
    """Takes away an address that nobody named, and with it an item whose words nobody has either."""
    if WEB.fullmatch(url) and (sources.spoken.mentions(url) or sources.published.mentions(url)):
        return
    checked.links.add(page(url))
    mentioned = any(sources.say(words) or sources.spoken.find(words) for words in (item.label, item.text) if words)
    checked.item = item.model_copy(update={"url": None}) if mentioned else None
