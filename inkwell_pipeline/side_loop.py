"""An event loop in a thread of its own, for work that would hold the run's: what SDKs do with a model's answers.

Belongs here: the thread, the way there and back, its meter. Does not: what runs there (`extraction/providers.py`).
20 answers at once held the run's loop for 38 to 85 ms; with a loop of their own, for 0.6 to 3 ms.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from inkwell_pipeline.loop_meter import LoopMeter, meter_loop

__all__ = ["SideLoop"]

S = TypeVar("S")
T = TypeVar("T")


class SideLoop(Generic[S]):
    """A thread that sets something up, which may block for seconds, and then runs a loop for whoever works with it."""

    def __init__(self, set_up: Callable[[], S], close: Callable[[S], Awaitable[None]]) -> None:
        """`set_up` is called in the thread before there is a loop, `close` at the end in the loop."""
        self._set_up, self._close = set_up, close
        self._ready: Future[tuple[asyncio.AbstractEventLoop, S]] = Future()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._end: asyncio.Event | None = None
        self.meter = LoopMeter()

    @property
    def is_begun(self) -> bool:
        return self._thread is not None

    def begin(self) -> None:
        """Starts the thread, if it is not at work; does not wait for it."""
        if self._thread is None:
            # a daemon: a process that ends must not wait for an import
            self._thread = threading.Thread(target=self._run, name="inkwell-side-loop", daemon=True)
            self._thread.start()

    async def run(self, work: Callable[[S], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives, there. A cancellation goes with it. Raises: what the setting up raises, or `work`."""
        self.begin()
        loop, made = await asyncio.shield(asyncio.wrap_future(self._ready))
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(made), loop))

    async def aclose(self) -> None:
        """Ends the loop and its work. A setting up that is not done yet is not waited for: the thread ends after it."""
        self._closed = True
        if self._thread is None or not self._ready.done() or self._ready.exception() is not None:
            return
        loop, _ = self._ready.result()
        assert self._end is not None
        loop.call_soon_threadsafe(self._end.set)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            made = self._set_up()
        except BaseException as error:
            self._ready.set_exception(error)
            return
        if not self._closed:
            asyncio.run(self._serve(made))

    async def _serve(self, made: S) -> None:
        self._end = asyncio.Event()
        with meter_loop() as self.meter:
            self._ready.set_result((asyncio.get_running_loop(), made))
            await self._end.wait()
            await self._close(made)
