"""The process that talks to providers: `python -m inkwell_pipeline.extraction.asker`, begun by `side_process.py`.

Belongs here: messages in, messages out, one task each. Does not: what is asked and how (`sdk.py`), who asks
(`far_model.py`).
Answers are lines on what was its standard output when it began; whatever a library prints goes nowhere.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from inkwell_pipeline.costs import Rates, Usage
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.extraction.asking import NoReply, Reply
from inkwell_pipeline.extraction.prompts import Prompt
from inkwell_pipeline.extraction.sdk import Sdk
from inkwell_pipeline.loop_meter import LoopMeter, meter_loop

__all__ = ["main", "no_reply_of", "reply_of"]

LONGEST_MESSAGE = 1 << 28
Message = dict[str, Any]


def main() -> None:
    """Serves until its input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asyncio.run(_Asker(out).serve())


class _Asker:
    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._sdk = out, Sdk()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._meter, self._metered = LoopMeter(), ExitStack()

    async def serve(self) -> None:
        reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self._take(json.loads(line))
        os._exit(0)  # nobody is left to hear of what is under way

    def _take(self, message: Message) -> None:
        if (number := message.get("cancel")) is not None:
            if number in self._tasks:
                self._tasks[number].cancel()
            return
        number = message["number"]
        self._tasks[number] = asyncio.get_running_loop().create_task(self._answer(number, message))
        self._tasks[number].add_done_callback(lambda _: self._tasks.pop(number, None))

    async def _answer(self, number: int, message: Message) -> None:
        try:
            said = await self._done(message)
        except Exception as error:  # a fault of ours or a library's: told where it can be seen
            said = {"fault": "".join(traceback.format_exception(error))}
        meter = {"blocked_s": self._meter.blocked_s, "longest_block_s": self._meter.longest_block_s}
        self._out.write(json.dumps({"number": number, **said, "meter": meter}).encode() + b"\n")
        self._out.flush()

    async def _done(self, message: Message) -> Message:
        match message["do"]:
            case "prepare":
                own = {name: Rates(**_money(rates)) for name, rates in message["prices"].items()}
                self._metered.close()  # what it takes to import is no answer's
                self._sdk.prepare(message["environment"], message["models"], own)
                self._meter = self._metered.enter_context(meter_loop())
                return {}
            case _ if not self._sdk.is_prepared:  # this process took the place of one that ended
                return {"unprepared": True}
            case "reply":
                prompt = Prompt(**message["prompt"])
                outcome = await self._sdk.reply(message["model"], prompt, datetime.fromisoformat(message["at"]))
                return {"reply": _of_reply(outcome)} if isinstance(outcome, Reply) else {"none": _of_none(outcome)}
            case "cost":
                usage, at = Usage(**message["usage"]), datetime.fromisoformat(message["at"])
                return {"usd": _text(self._sdk.cost_usd(message["model"], usage, at))}
            case "most":
                at = datetime.fromisoformat(message["at"])
                most = self._sdk.most_usd(message["model"], message["input_tokens"], message["output_tokens"], at)
                return {"usd": _text(most)}
            case other:
                raise ValueError(other)


def _money(rates: dict[str, str | None]) -> dict[str, Any]:
    return {name: None if usd is None else Decimal(usd) for name, usd in rates.items()}


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)


def _of_reply(reply: Reply) -> Message:
    return {**asdict(reply), "cost_usd": _text(reply.cost_usd)}


def reply_of(said: Message) -> Reply:
    """What `_of_reply` made a message of."""
    cost = said["cost_usd"]
    return Reply(**{**said, "usage": Usage(**said["usage"]), "cost_usd": None if cost is None else Decimal(cost)})


def _of_none(outcome: NoReply) -> Message:
    error = outcome.error
    transient = isinstance(error, TransientError)
    wait_s = error.retry_after_s if isinstance(error, TransientError) else None
    return {"says": error.text, "todo": error.todo, "transient": transient, "wait_s": wait_s, "billed": outcome.billed}


def no_reply_of(said: Message) -> NoReply:
    """What `_of_none` made a message of."""
    from inkwell_pipeline.errors import PermanentError

    if not said["transient"]:
        return NoReply(PermanentError(said["says"], todo=said["todo"]), billed=said["billed"])
    error = TransientError(said["says"], todo=said["todo"])
    error.retry_after_s = said["wait_s"]
    return NoReply(error, billed=said["billed"])


if __name__ == "__main__":
    main()
