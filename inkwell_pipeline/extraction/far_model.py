"""Models of providers, as a run sees them: asked in another process, which has their SDKs.

Belongs here: our side of the messages. Does not: the other side (`asker.py`), pipes (`side_process.py`).
One process serves all runs of this one: the SDKs are imported once.
"""

import asyncio
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs import Rates, Usage
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.extraction.asker import no_reply_of, reply_of
from inkwell_pipeline.extraction.asking import NoReply, Reply
from inkwell_pipeline.extraction.prompts import Prompt
from inkwell_pipeline.loop_meter import LoopMeter
from inkwell_pipeline.side_process import SideProcess

__all__ = ["FarModel", "FarModels"]

_process = SideProcess("inkwell_pipeline.extraction.asker")


class FarModels:
    """All providers' models of one run. Nothing is begun before it is needed."""

    def __init__(self, names: Collection[str], *, prices: Mapping[str, Rates], clock: Clock) -> None:
        """`names`: the models that may be asked; `prices`: the config's own."""
        self.names, self._prices, self._clock = names, prices, clock
        self._prepared: asyncio.Task[dict[str, Any]] | None = None
        self.meter: LoopMeter | None = None  # of the other process's loop; None, where it was not asked

    def begin(self) -> None:
        """Has the other process import what it needs, and does not wait for it."""
        if self._prepared is None or _has_failed(self._prepared):
            prices = {name: _texts(rates) for name, rates in self._prices.items()}
            told = {"models": sorted(self.names), "prices": prices, "environment": dict(os.environ)}
            self._prepared = asyncio.get_running_loop().create_task(_process.ask({"do": "prepare", **told}))
            self._prepared.add_done_callback(lambda task: None if task.cancelled() else task.exception())

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Raises: TransientError, where the other process ends; RuntimeError, for a fault in it."""
        said = await self._asked(message)
        if "unprepared" in said:  # it is another process, after one that has ended
            self._prepared = None
            said = await self._asked(message)
        if "unprepared" in said:
            self._prepared = None
            raise TransientError("the process that talks to models ended twice before it was asked anything")
        self.meter = LoopMeter(**said["meter"])
        return said

    async def prepare(self) -> None:
        """Waits until the other process has imported what it needs. Raises: what `ask` does."""
        self.begin()
        assert self._prepared is not None
        _checked(await asyncio.shield(self._prepared))

    async def _asked(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.prepare()
        return _checked(await _process.ask(message))

    def model(self, name: str) -> "FarModel":
        return FarModel(name, self, self._clock)


class FarModel:
    """One of them, by its name in the config."""

    def __init__(self, name: str, models: FarModels, clock: Clock) -> None:
        self.name, self._models, self._clock = name, models, clock

    async def reply(self, prompt: Prompt) -> Reply | NoReply:
        """Sends one request; its answer is priced as of now."""
        asks = {"do": "reply", "model": self.name, "prompt": asdict(prompt), "at": self._now()}
        try:
            await self._models.prepare()
        except TransientError as error:
            return NoReply(error, billed="no")
        try:
            said = await self._models.ask(asks)
        except TransientError as error:
            return NoReply(error, billed="maybe")
        return reply_of(said["reply"]) if "reply" in said else no_reply_of(said["none"])

    async def most_usd(self, *, input_tokens: int, output_tokens: int) -> Decimal | None:
        asks = {"do": "most", "input_tokens": input_tokens, "output_tokens": output_tokens}
        return _usd(await self._models.ask({**asks, "model": self.name, "at": self._now()}))

    async def least_usd(self, *, input_tokens: int, cached: bool, output_tokens: int) -> Decimal | None:
        usage = Usage(input=input_tokens, cache_read=input_tokens if cached else 0, output=output_tokens)
        return _usd(
            await self._models.ask({"do": "cost", "usage": asdict(usage), "model": self.name, "at": self._now()})
        )

    def _now(self) -> str:
        moment: datetime = self._clock()
        return moment.isoformat()


def _has_failed(task: "asyncio.Task[dict[str, Any]]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None or "fault" in task.result())


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    if "fault" in said:
        raise RuntimeError(f"in the process that talks to models: {said['fault']}")
    return said


def _texts(rates: Rates) -> dict[str, str | None]:
    return {name: None if usd is None else str(usd) for name, usd in asdict(rates).items()}


def _usd(said: dict[str, Any]) -> Decimal | None:
    return None if said["usd"] is None else Decimal(said["usd"])
