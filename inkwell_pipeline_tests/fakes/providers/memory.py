"""What a provider remembers: each request with its times, usage and bill; and a journal for those who are killed.

Belongs here: figures of what was. Does not: what is answered (`provider.py`).
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from threading import Condition
from typing import Any

from inkwell_pipeline_tests.fakes.providers.asked import Finish, Json, Kind, Prompt
from inkwell_pipeline_tests.fakes.providers.bill import Rates, Usage

__all__ = ["Memory", "Request"]


@dataclass
class Request:
    """One request. Times in seconds of `time.monotonic`; None for what has not come, or never will.

    `usage` is there where the work was done, also for nobody; `hung_up`: the client was gone before the end.
    """

    number: int
    id: str
    kind: Kind
    model: str
    path: str
    headers: Mapping[str, str]  # names in lower case; "present" for a key
    body: Json
    prompt: Prompt
    began_s: float
    first_byte_s: float | None = None
    ended_s: float | None = None
    status: int | None = None
    usage: Usage | None = None
    finish: Finish | None = None
    billed: bool = False
    hung_up: bool = False
    fault: str | None = None  # its class

    def light(self) -> dict[str, Any]:
        """Without headers, body and prompt: fit for JSON."""
        left_out = ("headers", "body", "prompt", "usage")
        plain = {name: value for name, value in vars(self).items() if name not in left_out}
        return plain | {"usage": None if self.usage is None else vars(self.usage)}


@dataclass
class Memory:
    """Requests in the order in which they came. Safe for threads.

    `in_flight` are those that were taken up and have not ended: no request beyond a limit is among them.
    """

    journal: Path | None = None
    asked: list[Request] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    token_counts: int = 0  # requests for `count_tokens`, which are not in `asked`
    _changed: Condition = field(default_factory=Condition)

    def begin(self, make: Callable[[int], Request], *, may_enter: Callable[[list[Request], int], bool]) -> Request:
        """Remembers a request, made with its number; `may_enter` gets those before it, and how many are at work."""
        with self._changed:
            request = make(len(self.asked))
            if may_enter(self.asked, self.in_flight):
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
            else:
                request.fault = "Limit"
            self.asked.append(request)
            self._note("began", request, model=request.model, prompt_hash=_hash(request), at=time.time())
            self._changed.notify_all()
        return request

    def bill(self, request: Request, usage: Usage, finish: Finish) -> None:
        with self._changed:
            request.usage, request.finish, request.billed = usage, finish, True

    def end(self, request: Request) -> None:
        """To be called before the last bytes: who has read them may ask anew. The first call counts."""
        with self._changed:
            if request.ended_s is not None:
                return
            request.ended_s = time.monotonic()
            self.in_flight -= request.fault != "Limit"
            usage = vars(request.usage) if request.usage else None
            self._note("ended", request, usage=usage, billed=request.billed, hung_up=request.hung_up, at=time.time())
            self._changed.notify_all()

    def wait_until(self, holds: Callable[["Memory"], bool], *, within_s: float = 30.0) -> None:
        """Blocks until it is so; looks whenever a request begins or ends. Raises: TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self), within_s):
                raise TimeoutError(f"not within {within_s} s; {len(self.asked)} asked, {self.in_flight} in flight")

    def usage(self) -> Usage:
        """Of all that is billed."""
        with self._changed:
            return sum((one.usage for one in self.asked if one.billed and one.usage), Usage())

    def cost_usd(self, rates: Rates) -> Decimal:
        """Of all that is billed."""
        return self.usage().cost_usd(rates)

    def uncached_cost_usd(self, rates: Rates) -> Decimal:
        """What the same would have cost all at once and without cache points: each input token at the input rate."""
        return self.usage().uncached().cost_usd(rates)

    def figures(self) -> dict[str, Any]:
        """All of it, fit for JSON, without what was said."""
        with self._changed:
            requests = [one.light() for one in self.asked]
        return {
            "requests": len(requests),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "token_counts": self.token_counts,
            "usage": vars(self.usage()),
            "asked": requests,
        }

    def _note(self, event: str, request: Request, **more: object) -> None:
        if self.journal is not None:
            line = json.dumps({"event": event, "n": request.number, **more}) + "\n"
            # O_APPEND: lines of several processes stand one after the other, whole
            file = os.open(self.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(file, line.encode())
            finally:
                os.close(file)


def _hash(request: Request) -> str:
    return sha256(f"{request.kind}{request.model}{request.prompt.text}".encode()).hexdigest()
