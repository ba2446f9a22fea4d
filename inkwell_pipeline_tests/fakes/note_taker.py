"""What a model answers to our prompts: true words of the transcript it was given, some of them invented if it lies.

Belongs here: answers in the form that `extraction/prompts.py` asks for. Does not: how a provider sends them
(`providers/`).
"""

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

from inkwell_pipeline.extraction.prompts import NEEDS
from inkwell_pipeline.models import SectionKind
from inkwell_pipeline_tests.fakes.providers import Asked

__all__ = ["NoteTaker", "answer", "kind_of", "transcript_of"]

WORDS = 12
LINE = re.compile(r"^(?:\[[\d:]+\] )?(?:[^:.!?]{1,40}: )?(.+)$")
NOBODY_SAID = "the moon is paved with forgotten umbrellas and nobody minds number"


def kind_of(asked: Asked) -> SectionKind:
    """The kind of section that a request is for."""
    return next(kind for kind, needs in NEEDS.items() if needs in asked.user[-1])


def transcript_of(asked: Asked) -> list[str]:
    """The transcript's lines, without times and speakers."""
    _, _, said = asked.user[0].partition("<transcript>\n")
    return [match[1] for line in said.splitlines()[:-1] if (match := LINE.match(line))]


@dataclass
class NoteTaker:
    """`invented`: the share of quotes, and of words that ideas rest on, that nobody said. Remembers what it quoted."""

    items: int = 5
    invented: float = 0.0
    seed: int = 1
    true: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> str:
        kind = kind_of(asked)
        chance = random.Random(f"{self.seed} {asked.prompt}")
        words = " ".join(transcript_of(asked)).split()
        items = [self._item(kind, words, chance) for _ in range(self.items)]
        return json.dumps({"items": items})

    def _item(self, kind: SectionKind, words: list[str], chance: random.Random) -> dict[str, Any]:
        at = chance.randrange(max(1, len(words) - WORDS))
        said = " ".join(words[at : at + WORDS])
        if kind == "quotes":
            if chance.random() < self.invented:
                said = f"{NOBODY_SAID} {chance.randrange(10**6)}"
                self.false.append(said)
            else:
                self.true.append(said)
            return {"text": said}
        if kind == "prose":
            return {"text": f"About {said}."}
        return {"text": f"That {said}.", "label": "An idea", "said": said}


def answer(asked: Asked) -> str:
    """A truthful one, for providers in a process of their own."""
    return NoteTaker()(asked)
