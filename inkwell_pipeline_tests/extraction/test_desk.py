"""What surrounds a request: who may send now. Real time, since one waits for the other."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from inkwell_pipeline.clock import now
from inkwell_pipeline.costs import Budget, Usage, open_purse
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.extraction import open_desk
from inkwell_pipeline.extraction.asking import NoReply, Reply
from inkwell_pipeline.extraction.desk import Asked
from inkwell_pipeline.extraction.prompts import Prompt

PAUSE_S = 0.5


@dataclass
class BusyModel:
    """Tells the first who asks to wait, and answers all others; remembers when it was asked, and when it told that."""

    name: str = "busy:1"
    asked_s: list[float] = field(default_factory=list)
    told_s: float = 0.0

    async def reply(self, _: Prompt) -> Reply | NoReply:
        self.asked_s.append(asyncio.get_running_loop().time())
        if len(self.asked_s) > 1:
            return Reply("{}", "done", Usage(), Decimal(0))
        await asyncio.sleep(0.1)  # the other waits for this one's money
        self.told_s = asyncio.get_running_loop().time()
        told = TransientError("too many requests")
        told.retry_after_s = PAUSE_S
        return NoReply(told, billed="no")

    async def most_usd(self, **_: int) -> Decimal | None:
        return Decimal(1)

    async def least_usd(self, **_: object) -> Decimal | None:
        return Decimal(0)


async def test_who_has_waited_for_money_waits_for_the_provider_too(tmp_path: Path) -> None:
    """What sets the money free may be the very answer that tells all to wait."""
    model = BusyModel()
    budget, sleep = Budget(Decimal("1.5")), asyncio.sleep
    async with open_purse(budget, data_dir=tmp_path, run="run-1", clock=now, sleep=sleep) as purse:
        desk = open_desk(purse, models=[], prices={}, data_dir=tmp_path, limit=4, clock=now, sleep=sleep)
        prompt, asked = Prompt("", "", "", max_tokens=100), [Asked("rivers", "e", "t", (0, nth)) for nth in (0, 1)]
        await asyncio.gather(*(desk.ask(model, prompt, one, most_usd=Decimal(1)) for one in asked))

    assert len(model.asked_s) == 3
    assert min(model.asked_s[1:]) >= model.told_s + PAUSE_S - 0.01  # a timer may be early by its resolution
