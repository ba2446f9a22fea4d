"""A request asked again as often as the rule says: tenacity carries out what `retry.py` decides.

Belongs here: the attempts, the waits between them, a line in the log for each. Does not: the rule (`retry.py`), what is
asked (`http.py`).
tenacity is imported with the first call, in a thread: 20 ms, which a loop would feel.
"""

import logging
import random
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.retry import USUAL, GiveUp, Patience, decide
from inkwell_pipeline.threads import in_thread

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Sleep", "ask_again"]

log = logging.getLogger(__name__)

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


async def ask_again(
    ask: Callable[[], Awaitable[T]],
    *,
    trouble: Callable[[T], TransientError | None],
    sleep: Sleep,
    clock: Clock,
    patience: Patience = USUAL,
) -> T:
    """What the last attempt gives or raises.

    Another one follows where an attempt raises a TransientError, or gives what `trouble` makes one of, and the rule
    allows it. A wait that is cancelled ends at once.
    """
    if not hasattr(sys.modules.get("tenacity"), "AsyncRetrying"):  # its name alone is there while another imports it
        await in_thread(import_module, "tenacity")
    from tenacity import AsyncRetrying

    began, chance = clock(), random.random()  # noqa: S311  not for a secret

    def seen(state: "RetryCallState") -> TransientError | None:
        assert state.outcome is not None
        error = state.outcome.exception()
        if error is None:
            return trouble(state.outcome.result())
        return error if isinstance(error, TransientError) else None

    def verdict(state: "RetryCallState") -> float:
        error = seen(state)
        asked_s = error.retry_after_s if error else None
        elapsed_s = (clock() - began).total_seconds()
        decided = decide(
            attempts=state.attempt_number, elapsed_s=elapsed_s, asked_s=asked_s, chance=chance, patience=patience
        )
        return -1.0 if isinstance(decided, GiveUp) else decided.seconds

    def tell(state: "RetryCallState") -> None:
        next_one = f"attempt {state.attempt_number + 1} of {patience.attempts}"
        log.warning("%s; asking again in %.1f s, %s", seen(state), state.upcoming_sleep, next_one)

    return await AsyncRetrying(
        retry=lambda state: seen(state) is not None,
        wait=verdict,
        stop=lambda state: state.upcoming_sleep < 0,  # tenacity asks `wait` first
        sleep=sleep,
        before_sleep=tell,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,  # given, or raised
    )(ask)
