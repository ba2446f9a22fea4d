"""The extractor that asks a model: an episode's templates, each a request, the first one before the others.

Belongs here: order, attempts, what is paid. Does not: prompts (`prompts.py`), a provider's API (`sdk.py`), the cache
(`engine.py`), money (`costs/`).
The first answer of an episode has been given before the others are asked: a provider's prefix cache has the transcript
from then on. What is answered is yielded at once, and stays where a sibling fails.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from inkwell_pipeline.errors import InkwellError, PermanentError
from inkwell_pipeline.extraction.answers import Answer, Unusable, read_answer
from inkwell_pipeline.extraction.asking import Model, Reply
from inkwell_pipeline.extraction.desk import Asked, ModelDesk
from inkwell_pipeline.extraction.extractor import Extraction, Material
from inkwell_pipeline.extraction.prompts import INSTRUCTIONS, VERSION, Prompt, shared_part, the_same_again
from inkwell_pipeline.extraction.providers import cache_point_pays
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.extraction.tokens import about_tokens, least_tokens, most_tokens
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Section
from inkwell_pipeline.threads import computed

__all__ = ["Estimate", "ModelExtractor", "model_identity"]

LEAST_ANSWER = 5  # tokens of `{"items": []}`
log = logging.getLogger(__name__)


def model_identity(model: str) -> str:
    """What stands for a model in the cache's keys: its name, and the version of our prompts."""
    return f"{model} {VERSION}"


@dataclass(frozen=True)
class Estimate:
    """What so many requests would cost, in USD, if each answer can be used; None: a model has no price."""

    requests: int
    least_usd: Decimal | None
    most_usd: Decimal | None

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(
            self.requests + other.requests,
            _sum((self.least_usd, other.least_usd)),
            _sum((self.most_usd, other.most_usd)),
        )

    @property
    def says(self) -> str:
        """`12 requests, between $0.0312 and $0.1820`"""
        if self.least_usd is None or self.most_usd is None:
            return f"{self.requests} requests to a model that no price list knows"
        return f"{self.requests} requests, between ${self.least_usd:.4f} and ${self.most_usd:.4f}"


@dataclass
class _Episode:
    """What an episode's requests have in common. `measured`: tokens of one of its prompts, as the provider counted."""

    material: Material
    shared: str
    caches: bool
    measured: int | None = None
    _most: int | None = None

    def prompt(self, asked: str, template: Template) -> Prompt:
        return Prompt(INSTRUCTIONS, self.shared, asked, max_tokens=template.max_tokens, caches=self.caches)

    async def most_tokens(self, prompt: Prompt) -> int:
        """Of the prompt's input: the transcript once counted by the provider, the rest by its letters."""
        if self._most is None:
            self._most = await computed(most_tokens, f"{INSTRUCTIONS}\n{self.shared}")
        return most_tokens(prompt.question) + min(self._most, self.measured or self._most)


class ModelExtractor:
    """The `Extractor` of one model in one run."""

    def __init__(self, model: Model, desk: ModelDesk) -> None:
        self._model, self._desk = model, desk

    @property
    def identity(self) -> str:
        return model_identity(self._model.name)

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        """Yields each template's extraction when its answer is there.

        Raises: PermanentError (refused, unusable twice, over the budget, no such model or key), TransientError (the
        provider could not be had); the first of them, when all that was asked has come to its end.
        """
        episode = await self._episode(material, templates)
        prompts = [episode.prompt(template.question(material), template) for template in templates]
        jobs = list(zip(templates, prompts, range(len(templates)), strict=True))
        most_usd = sum([await self._most_usd(prompt, episode) for prompt in prompts], Decimal(0))
        async with self._desk.turns.episode(material.place, most_usd):
            first, *others = jobs
            failed: list[InkwellError] = []
            try:
                yield await self._answered(*first, episode)
            except InkwellError as error:
                if episode.measured is None:  # nobody answered: the others would fare no better
                    raise
                failed.append(error)
            tasks = [asyncio.create_task(self._answered(*job, episode)) for job in others]
            try:
                for ended in asyncio.as_completed(tasks):
                    try:
                        made = await ended
                    except InkwellError as error:
                        failed.append(error)
                    else:
                        yield made
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if failed:
                raise failed[0]

    async def estimate(self, material: Material, templates: Sequence[Template]) -> Estimate:
        """What `extract` would cost, at least and at most. Asks nobody."""
        episode = await self._episode(material, templates)
        prompts = [episode.prompt(template.question(material), template) for template in templates]
        most = [await self._priced_most(prompt, episode) for prompt in prompts]
        least = [
            await self._model.least_usd(
                input_tokens=await computed(least_tokens, prompt.text), cached=True, output_tokens=LEAST_ANSWER
            )
            for prompt in prompts
        ]
        return Estimate(len(prompts), _sum(least), _sum(most))

    async def _episode(self, material: Material, templates: Sequence[Template]) -> _Episode:
        shared = await computed(shared_part, material)
        prefix = about_tokens(INSTRUCTIONS) + about_tokens(shared)
        caches = cache_point_pays(self._model.name, prefix_tokens=prefix, requests=len(templates))
        return _Episode(material, shared, caches)

    async def _answered(self, template: Template, prompt: Prompt, nth: int, episode: _Episode) -> Extraction:
        """A template's extraction, by one request or two. Raises: InkwellError; what was spent is counted then."""
        material, spent = episode.material, list[Decimal | None]()
        asked = Asked(material.feed, material.key, template.name, order=(material.place, nth))
        try:
            for attempt in (1, 2):
                reply = await self._desk.ask(self._model, prompt, asked, most_usd=await self._most_usd(prompt, episode))
                episode.measured = reply.usage.input or None
                spent.append(reply.cost_usd)
                match _judged(reply, template):
                    case Answer() as answer:
                        section = Section(
                            kind=template.output, heading=template.heading, items=answer.items, people=answer.people
                        )
                        return Extraction(template, section, _sum(spent))
                    case Unusable(reason):
                        if attempt == 1:
                            log.warning("%s: %s: %s; asking once more", material.title, template.name, reason)
                        prompt = replace(prompt, question=the_same_again(prompt.question, because=reason))
                    case _ as never:
                        assert_never(never)
            raise PermanentError(
                f"{self._model.name}: the answer to the template {template.name} could not be used, twice: {reason}",
                todo="every run asks, and pays, again: allow more max_tokens in the template, or take another model",
            )
        except InkwellError as error:
            counters().paid(_sum(spent))
            raise error.at(feed=material.feed or None, episode=material.title, url=None) from None

    async def _most_usd(self, prompt: Prompt, episode: _Episode) -> Decimal:
        """What a request may cost, where anybody wants to know. Raises: PermanentError, where that has no bound."""
        if not self._desk.has_budget:
            return Decimal(0)
        most = await self._priced_most(prompt, episode)
        if most is None:
            raise PermanentError(
                f"{self._model.name}: there is a budget, and no price list knows this model",
                todo=f'put its price into the config: `prices: {{"{self._model.name}": {{input: …, output: …}}}}`',
                feed=episode.material.feed or None,
                episode=episode.material.title,
            )
        return most

    async def _priced_most(self, prompt: Prompt, episode: _Episode) -> Decimal | None:
        return await self._model.most_usd(
            input_tokens=await episode.most_tokens(prompt), output_tokens=prompt.max_tokens
        )


def _judged(reply: Reply, template: Template) -> Answer | Unusable:
    """Raises: PermanentError, for a refusal, in the provider's words."""
    match reply.finish:
        case "refused":
            says = reply.text.strip() or "it gave no reason"
            raise PermanentError(f"the model refused the template {template.name}: {says[:500]}")
        case "cut":
            return Unusable(f"it was longer than the {template.max_tokens} tokens that are allowed, and so was cut off")
        case "done":
            return read_answer(reply.text, template.output)
        case _:
            assert_never(reply.finish)


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None
