"""`model: test`: answers without anybody's help, always the same, to try templates and all that is around a model.

Belongs here: what it answers. Does not: anything that a real model gets, which it gets too: prompts, retries, evidence,
ledger.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from inkwell_pipeline.costs import Usage
from inkwell_pipeline.extraction.asking import Reply
from inkwell_pipeline.extraction.prompts import NEEDS, Prompt
from inkwell_pipeline.extraction.tokens import about_tokens
from inkwell_pipeline.models import SectionKind
from inkwell_pipeline.settings import PRETEND
from inkwell_pipeline.threads import computed

__all__ = ["PretendModel"]

PLACES = 5  # from which it takes something, evenly spread
WORDS = 16
LINE = re.compile(r"^(?:\[[\d:]+\] )?(?:(?P<speaker>[^:.!?]{1,40}): )?(?P<said>.+)$")
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")


class PretendModel:
    """Costs nothing, and takes what it answers out of the transcript at even distances."""

    name = PRETEND

    async def reply(self, prompt: Prompt) -> Reply:
        """Never fails."""
        text = await computed(_answer, prompt)
        usage = Usage(input=about_tokens(prompt.text), output=about_tokens(text))
        return Reply(text, "done", usage, Decimal(0))

    async def most_usd(self, **_: int) -> Decimal | None:
        return Decimal(0)

    async def least_usd(self, **_: int) -> Decimal | None:
        return Decimal(0)


def _answer(prompt: Prompt) -> str:
    kind = next(
        kind for kind, needs in NEEDS.items() if prompt.question.startswith("<task>") and needs in prompt.question
    )
    _, _, transcript = prompt.shared.partition("<transcript>\n")
    lines = [match for line in transcript.splitlines()[:-1] if (match := LINE.match(line))]
    words = [(match["speaker"], match["said"].split()) for match in lines]
    whole = [(speaker, said) for speaker, said in words if len(said) >= 8] or words
    chosen = [whole[len(whole) * nth // PLACES] for nth in range(min(PLACES, len(whole)))]
    said = [" ".join(words[:WORDS]) for _, words in chosen]
    return json.dumps({"items": _items(kind, said, transcript), "people": _people(words) if kind == "prose" else []})


def _items(kind: SectionKind, said: Sequence[str], transcript: str) -> list[dict[str, Any]]:
    match kind:
        case "prose":
            return (
                [{"text": " ".join(f"{words.rstrip('.,;:')}." for words in said[:3])}]
                if said
                else [{"text": "Silence."}]
            )
        case "quotes":
            return [{"text": words} for words in said]
        case "items":
            return [{"text": f"{words.rstrip('.,;:')}.", "label": _label(words), "said": words} for words in said]
        case "links":
            found = dict.fromkeys(ADDRESS.findall(transcript))
            return [{"label": url, "url": url, "text": "", "said": ""} for url in found]


def _label(words: str) -> str:
    return " ".join(words.split()[:3]).strip(".,;:?!")


def _people(words: Sequence[tuple[str | None, Sequence[str]]]) -> list[dict[str, str]]:
    names = dict.fromkeys(speaker for speaker, _ in words if speaker)
    return [{"name": name, "role": ""} for name in names]
