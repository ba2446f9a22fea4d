"""The extractor that needs no model: sentences of the transcript, chosen by rules and counting.

Belongs here: how many sentences a section takes, which stand well together, and the protocol's class.
Does not: sentences and times (`sentences.py`), what one is worth (`ranking.py`), links that the publisher
wrote (show notes are not extraction). Pure but for one thread: the same transcript gives the same sections.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import assert_never

from inkwell_pipeline.extraction.english import EVERYDAY
from inkwell_pipeline.extraction.extractor import Extraction, Material
from inkwell_pipeline.extraction.ranking import Ranking, rank
from inkwell_pipeline.extraction.sentences import Sentence, bare, readable, sentences, vocabulary
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.models import Item, Section, SectionKind, Transcript
from inkwell_pipeline.threads import computed

__all__ = ["Analysis", "OfflineExtractor", "analyse", "section_items"]

IDEA_EVERY_S = 180.0
FEWEST_IDEAS, MOST_IDEAS = 6, 20
IDEA_WORDS = 8  # a shorter one is an answer, or an announcement: "We call that file a feed."
FEWEST_QUOTES, MOST_QUOTES = 3, 6
QUOTE_WORDS = (8, 45)
HEAD_S, TAIL_S = 120.0, 240.0  # greetings, and picks and farewells, of an episode of an hour
LONG_EPISODE_S = 1500.0  # from here on head and tail are skipped in full
SUMMARY_SENTENCES = 4
SUMMARY_WORDS = (8, 32)
ANNOUNCED_S = 180.0  # an announcement comes in the first three minutes, or in the first tenth
ANNOUNCEMENT_S = 45.0  # and its sentences are as near to one another
LONGEST_CHARACTERS = 600

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


@dataclass(frozen=True)
class Analysis:
    """A transcript looked at once: its sentences and their scores, for every template."""

    found: tuple[Sentence, ...]
    ranking: Ranking
    span_s: float  # from the first sentence to the last


def analyse(transcript: Transcript, *, title: str) -> Analysis:
    """Sentences and scores of a transcript; takes about 0.1 s for 60 KB."""
    found = tuple(s for s in sentences(transcript.segments) if any(map(str.isalnum, s.text)))
    span_s = found[-1].place_s - found[0].place_s if found else 0.0
    return Analysis(found, rank(found, title=title), span_s)


class OfflineExtractor:
    """The `Extractor` that costs nothing and asks nobody."""

    @property
    def identity(self) -> str:
        """Raise the number with every change of results: caches are keyed by it."""
        return "offline:1"

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        """Yields an extraction a template, in their order. Raises nothing: any transcript will do."""
        analysis = await computed(analyse, material.transcript, title=material.title)
        for template in templates:
            items = await computed(section_items, analysis, template.output)
            section = Section(kind=template.output, heading=template.heading, items=items)
            yield Extraction(template=template, section=section, cost_usd=Decimal(0))


def section_items(analysis: Analysis, kind: SectionKind) -> tuple[Item, ...]:
    """What a template of this kind gets; empty where the transcript has nothing for it."""
    match kind:
        case "prose":
            return summary(analysis)
        case "items":
            return tuple(map(idea_item, in_time(analysis, key_ideas(analysis))))
        case "quotes":
            return quotes(analysis)
        case "links":
            return links(analysis)
        case _:
            assert_never(kind)


def idea_item(sentence: Sentence) -> Item:
    return Item(text=readable(sentence.words), start_s=sentence.start_s, speaker=sentence.speaker)


def in_time(analysis: Analysis, chosen: Sequence[int]) -> list[Sentence]:
    """The chosen sentences by time, as captions may be out of order; untimed ones stay where they are."""
    found = [analysis.found[at] for at in chosen]
    last_s = -inf
    heard: list[tuple[float, Sentence]] = []
    for sentence in found:
        last_s = last_s if sentence.start_s is None else sentence.start_s
        heard.append((last_s, sentence))
    return [sentence for _, sentence in sorted(heard, key=lambda pair: pair[0])]


def key_ideas(analysis: Analysis) -> list[int]:
    """Positions of the sentences worth a line: about one for three minutes, spread over the episode."""
    count = max(FEWEST_IDEAS, min(MOST_IDEAS, round(analysis.span_s / IDEA_EVERY_S)))
    first_s, last_s = body(analysis)
    announced = set(announcement(analysis))  # the summary begins with it
    able = [
        at
        for at, sentence in enumerate(analysis.found)
        if first_s <= sentence.place_s <= last_s and usable(analysis, at) and at not in announced
    ]
    whole = [at for at in able if analysis.found[at].length >= IDEA_WORDS]
    able = whole if len(whole) >= count else able
    return spread(analysis, able, analysis.ranking.idea, count=count, apart_s=(last_s - first_s) / count / 2)


def body(analysis: Analysis) -> tuple[float, float]:
    """Where the episode itself lies, in places. Short episodes have short heads and tails, or none."""
    if not analysis.found:
        return 0.0, 0.0
    share = max(0.0, min(1.0, (analysis.span_s - 720) / (LONG_EPISODE_S - 720)))
    return analysis.found[0].place_s + HEAD_S * share, analysis.found[-1].place_s - TAIL_S * share


def usable(analysis: Analysis, at: int) -> bool:
    return not analysis.ranking.advert[at] and len(analysis.found[at].text) <= LONGEST_CHARACTERS


def spread(
    analysis: Analysis, able: Sequence[int], scores: Sequence[float], *, count: int, apart_s: float
) -> list[int]:
    """The best `count` of `able`, no two nearer than `apart_s` or of mostly the same words; in order."""
    taken: list[int] = []
    for at in sorted(able, key=lambda at: (-scores[at], at)):
        if len(taken) == count:
            break
        if not any(crowded(analysis, at, other, apart_s=apart_s) for other in taken):
            taken.append(at)
    return sorted(taken)


def crowded(analysis: Analysis, at: int, other: int, *, apart_s: float) -> bool:
    """Whether one of two sentences is enough: too near in time, or more than half of their terms shared."""
    mine, others = analysis.ranking.terms[at], analysis.ranking.terms[other]
    gap_s = abs(analysis.found[at].place_s - analysis.found[other].place_s)
    return gap_s < apart_s or len(mine & others) * 2 > len(mine | others)


def summary(analysis: Analysis) -> tuple[Item, ...]:
    """One text: the host's announcement where there is one, then what is central, in order of time."""
    lead = announcement(analysis)
    first_s, last_s = body(analysis)
    rest = [
        at
        for at, sentence in enumerate(analysis.found)
        if first_s <= sentence.place_s <= last_s
        and SUMMARY_WORDS[0] <= sentence.length <= SUMMARY_WORDS[1]
        and usable(analysis, at)
        and at not in lead
    ]
    rest = rest or [at for at in range(len(analysis.found)) if usable(analysis, at) and at not in lead]
    wanted = max(2, SUMMARY_SENTENCES - len(lead))
    apart_s = analysis.span_s / 12
    chosen = lead + spread(analysis, rest, analysis.ranking.central, count=wanted, apart_s=apart_s)
    text = " ".join(filter(None, (readable(analysis.found[at].words) for at in sorted(chosen))))
    return (Item(text=text),) if text else ()


def announcement(analysis: Analysis) -> list[int]:
    """Positions of at most three sentences near the start that say what the episode is about; often none."""
    scores = analysis.ranking.announces
    early = [
        at
        for at, sentence in enumerate(analysis.found)
        if sentence.place_s <= analysis.found[0].place_s + max(ANNOUNCED_S, analysis.span_s / 10)
        and scores[at] >= 1
        and usable(analysis, at)
    ]
    if not early:
        return []
    best = max(early, key=lambda at: (scores[at], -at))
    best_s = analysis.found[best].place_s
    around = [at for at in early if abs(analysis.found[at].place_s - best_s) <= ANNOUNCEMENT_S]
    return spread(analysis, around, scores, count=3, apart_s=0)


def quotes(analysis: Analysis) -> tuple[Item, ...]:
    """Three to six statements in the transcript's own words, which stand by themselves."""
    ideas = set(key_ideas(analysis))
    first_s, last_s = body(analysis)
    able = [
        at
        for at, sentence in enumerate(analysis.found)
        if QUOTE_WORDS[0] <= len(sentence.words) <= QUOTE_WORDS[1]
        and first_s <= sentence.place_s <= last_s
        and usable(analysis, at)
    ]
    others = [at for at in able if at not in ideas]
    count = max(FEWEST_QUOTES, min(MOST_QUOTES, round(analysis.span_s / 600)))
    apart_s = analysis.span_s / count / 3
    chosen = spread(analysis, others or able, analysis.ranking.quote, count=count, apart_s=apart_s)
    return tuple(Item(text=s.text, start_s=s.start_s, speaker=s.speaker) for s in in_time(analysis, chosen))


def links(analysis: Analysis) -> tuple[Item, ...]:
    """Web addresses that were said or written, each once, where it first came; a sponsor's are left out."""
    found: dict[str, Item] = {}
    for sentence, advert in zip(analysis.found, analysis.ranking.advert, strict=True):
        if advert:
            continue
        for address in addresses(sentence.text):
            key = address.lower().removeprefix("www.").rstrip("/")
            at_s, who = sentence.start_s, sentence.speaker
            found.setdefault(key, Item(url=f"https://{address}", label=key, start_s=at_s, speaker=who))
    return tuple(found.values())


def addresses(text: str) -> list[str]:
    """Hosts with paths in one sentence: "example.com/path", "example dot com slash path".

    A name that speech recognition tore apart ("at Log rocket.com") is left out: its end is another's.
    """
    found = []
    for match in ADDRESS.finditer(text):
        before = text[: match.start()].split()
        if match["scheme"] or match["www"] or not before or bare(before[-1]) in BEFORE_ADDRESS:
            host = SPOKEN_DOT.sub(".", match["host"]).lower()
            if not match["scheme"] and len(first := host.split(".")[0]) < 6 and first in EVERYDAY:
                continue  # "the.io", "got.blog": short words that captions ran together
            path = SPOKEN_SLASH.sub("/", match["path"]).rstrip(".,;:!?)]}'\"”’")
            found.append(host + path)
    return found
