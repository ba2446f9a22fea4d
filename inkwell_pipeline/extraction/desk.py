"""A run's requests to models: slots, retries, the ledger, the budget. Every request of the package goes through here.

Belongs here: what surrounds one request. Does not: what is asked, and what is made of the answer (`llm.py`).
A request's row is in the ledger before anybody sees its answer.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from inkwell_pipeline.attempts import Sleep, ask_again
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs import Errand, Hold, Purse, Rates, Row, Turns, to_its_end
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.extraction.asking import Model, NoReply, Reply
from inkwell_pipeline.extraction.far_model import FarModels
from inkwell_pipeline.extraction.pretend import PretendModel
from inkwell_pipeline.extraction.prompts import Prompt
from inkwell_pipeline.loop_meter import LoopMeter
from inkwell_pipeline.metering import counters
from inkwell_pipeline.retry import Patience
from inkwell_pipeline.settings import PRETEND
from inkwell_pipeline.slots import Slots

__all__ = ["Asked", "ModelDesk", "open_desk"]

# A provider's limits are by the minute, and an account's first ones are met at once by a few transcripts.
PATIENCE = Patience(attempts=6, longest_wait_s=120.0, total_s=600.0)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What a request is for. `order`: the episode's place in the run, and the template's in the episode."""

    feed: str
    episode: str  # its key
    template: str
    order: tuple[int, int]


class ModelDesk:
    """One run's way to its models, on the run's loop."""

    def __init__(self, purse: Purse, turns: Turns, far: FarModels, *, limit: int, clock: Clock, sleep: Sleep) -> None:
        self._purse, self._far, self._clock, self._sleep = purse, far, clock, sleep
        self._slots, self.turns = Slots(limit), turns
        self._stopping = False
        self._held_back: dict[str, datetime] = {}  # by model: its provider asks for nothing before then
        self._ledger_trouble: InkwellError | None = None

    @property
    def has_budget(self) -> bool:
        return self._purse.budget.is_set

    @property
    def meter(self) -> LoopMeter | None:
        """Of the loop that SDKs work on, in another process; None, where it was not needed."""
        return self._far.meter

    def model(self, name: str) -> Model:
        """By its name in the config. Nothing is imported for it yet."""
        return PretendModel() if name == PRETEND else self._far.model(name)

    def expect(self) -> None:
        """Some model will be asked: what that needs is imported meanwhile, in another process."""
        if self._far.names:
            self._far.begin()

    def stop(self) -> None:
        """The run ends: nothing is sent any more, what is under way may come to its end."""
        self._stopping = True

    async def ask(self, model: Model, prompt: Prompt, asked: Asked, *, most_usd: Decimal) -> Reply:
        """The model's reply, after as many attempts as the rule allows.

        Raises: OverBudget; PermanentError or TransientError, in the provider's words, or of the ledger's file.
        """

        async def once() -> Reply | NoReply:
            return await self._request(model, prompt, asked, most_usd)

        async with self._slots.slot(asked.order):
            outcome = await ask_again(once, trouble=_trouble, sleep=self._sleep, clock=self._clock, patience=PATIENCE)
        if isinstance(outcome, NoReply):
            raise outcome.error
        return outcome

    async def _request(self, model: Model, prompt: Prompt, asked: Asked, most_usd: Decimal) -> Reply | NoReply:
        """Exactly one request, with its row."""
        if (why := self._why_not()) is not None:
            return NoReply(why)
        hold = await self._room(model.name, asked, most_usd)
        if (why := self._why_not()) is not None:
            await self._give_back(hold)
            return NoReply(why)
        counters().model_calls += 1
        row = self._row(model, asked, hold)
        try:
            outcome = await model.reply(prompt)
        except BaseException as error:
            counters().unpriced_calls += 1
            await asyncio.shield(self._settle(replace(row, error=f"no answer was waited for: {type(error).__name__}")))
            raise
        _count(outcome)
        if (trouble := _trouble(outcome)) is not None and trouble.retry_after_s:  # before its money is free for others
            until = self._clock() + timedelta(seconds=trouble.retry_after_s)
            self._held_back[model.name] = max(until, self._held_back.get(model.name, until))
        await to_its_end(self._settle(_settled(row, outcome)))
        return outcome

    def _why_not(self) -> PermanentError | None:
        """Why nothing is sent any more. Permanent: there is no use in asking again in this run."""
        if self._stopping:
            return PermanentError("the run was stopped before this was asked", todo="run again")
        if (trouble := self._ledger_trouble) is not None:  # what cannot be written down is not spent
            return PermanentError(trouble.text, todo=trouble.todo)
        return None

    async def _room(self, name: str, asked: Asked, most_usd: Decimal) -> Hold | None:
        """A hold for the request, where there is a budget, at a time at which its provider wants to be asked.

        What the provider has asked one request to wait, all do: else each would meet the limit itself.
        """
        while True:
            while wait_s := self._pause_s(name):
                await self._sleep(wait_s)
            hold = await self._purse.hold(most_usd, order=asked.order) if self.has_budget else None
            if not self._pause_s(name):  # the money may have come from one that has just been told to wait
                return hold
            await self._give_back(hold)

    def _pause_s(self, name: str) -> float:
        """Nothing where the provider asks for longer than is waited for: the attempt tells."""
        wait_s = (self._held_back.get(name, self._clock()) - self._clock()).total_seconds()
        return wait_s if 0 < wait_s <= PATIENCE.longest_wait_s else 0.0

    async def _give_back(self, hold: Hold | None) -> None:
        if hold is not None:
            await to_its_end(self._purse.release(hold))

    def _row(self, model: Model, asked: Asked, hold: Hold | None) -> Row:
        """A request whose cost nobody knows yet."""
        errand = Errand(asked.feed, asked.episode, asked.template, model.name, asked.order)
        return errand.row(hold, run=self._purse.run, now=self._clock())

    async def _settle(self, row: Row) -> None:
        """A row that cannot be written costs no answer that is paid for; but nothing more is asked then."""
        try:
            await self._purse.settle(row)
        except InkwellError as error:
            log.error("%s", error)
            self._ledger_trouble = error


def _trouble(outcome: Reply | NoReply) -> TransientError | None:
    if isinstance(outcome, NoReply) and isinstance(outcome.error, TransientError):
        return outcome.error
    return None


def _settled(row: Row, outcome: Reply | NoReply) -> Row:
    match outcome:
        case Reply():
            return replace(row, usage=outcome.usage, cost_usd=outcome.cost_usd, request_id=outcome.request_id)
        case NoReply():
            return replace(row, cost_usd=Decimal(0) if outcome.billed == "no" else None, error=outcome.error.text)


def _count(outcome: Reply | NoReply) -> None:
    counted = counters()
    match outcome:
        case Reply():
            counted.input_tokens += outcome.usage.input
            counted.output_tokens += outcome.usage.output
            counted.cached_tokens += outcome.usage.cache_read
        case NoReply() if outcome.billed == "maybe":
            counted.unpriced_calls += 1
        case NoReply():
            pass


def open_desk(
    purse: Purse,
    *,
    models: Collection[str],
    prices: Mapping[str, Rates],
    data_dir: Path,
    limit: int,
    clock: Clock,
    sleep: Sleep,
) -> ModelDesk:
    """A desk for the run whose money it is; `models` may be asked. Nothing is imported, started or read before."""
    far = FarModels([name for name in models if name != PRETEND], prices=prices, clock=clock)
    return ModelDesk(purse, Turns(purse, lock_dir=data_dir / "locks"), far, limit=limit, clock=clock, sleep=sleep)
