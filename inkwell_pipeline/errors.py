"""The one tree of errors. Each text is one line for the user: what went wrong, where, what to do.

Belongs here: the classes, and how their line is put together. Does not: mapping a library's exceptions, which
is done once at the boundary where they enter (`http.py`, `files.py`, `settings.py`, a room's parser).
"""

from copy import copy
from typing import Self

__all__ = ["ConfigError", "InkwellError", "OverBudget", "PermanentError", "TransientError"]


class InkwellError(Exception):
    """Something the user can understand and act on. `str()` of it is one line.

    `todo` says what to do about it, where the place that raises it knows better than what holds for all of its kind.
    `was_sent` is false for a request that certainly never left this machine.
    """

    was_sent = True

    def __init__(
        self,
        text: str,
        *,
        feed: str | None = None,
        episode: str | None = None,
        url: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.text, self.feed, self.episode, self.url = " ".join(text.split()), feed, episode, url
        self.todo = todo
        super().__init__(text)

    def at(self, *, feed: str | None, episode: str | None, url: str | None) -> Self:
        """The same error with its place, which the code that saw it does not know."""
        placed = copy(self)
        placed.feed, placed.episode, placed.url = feed, episode, url
        return placed

    def __str__(self) -> str:
        where = [
            f"{name} {value}" for name, value in (("feed", self.feed), ("episode", self.episode)) if value is not None
        ]
        line = f"{', '.join(where)}: {self.text}" if where else self.text
        return f"{line} [{self.url}]" if self.url else line


class TransientError(InkwellError):
    """Worth another try: a timeout, a busy host, a machine short of something."""

    retry_after_s: float | None = None  # what a host asks to wait for, from the moment that it answered


class PermanentError(InkwellError):
    """The same again until somebody changes something."""


class OverBudget(PermanentError):
    """A request was not sent, for it could have cost more than the budget has left."""


class ConfigError(PermanentError):
    """The config, or what it points to, is not usable as it stands."""
