"""Which cache entries the manifests name: those are of use, whatever their age.

Belongs here: the keys in all manifests of the config's feeds. Does not: where a run's input is (`io_manager.py`), and
what is done about entries that none names (`housekeeping.py`).
"""

from collections.abc import Iterator
from contextlib import suppress

from inkwell_pipeline.defs.io_manager import read_manifests
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.models import Record
from inkwell_pipeline.settings import Settings

__all__ = ["NamedKeys", "named_keys"]

DIGITS = 16  # of a key's 64: a hundred thousand keys take 10 MB less, and that two agree in these would take billions


class NamedKeys:
    """Keys of entries, in both caches. `troubles`: manifests that cannot be read, and may name more."""

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self.troubles: list[InkwellError] = []

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and int(key[:DIGITS], 16) in self._keys

    def add(self, key: str) -> None:
        with suppress(ValueError):  # no key, and no entry's name
            self._keys.add(int(key[:DIGITS], 16))


def named_keys(settings: Settings) -> NamedKeys:
    """The keys in the manifests of every run that are kept, not just the latest. Blocks. Raises: TransientError."""
    named = NamedKeys()
    for feed in settings.feeds:
        for manifest in read_manifests(settings.data_dir, feed):
            if isinstance(manifest, InkwellError):
                named.troubles.append(manifest)
                continue
            for record in manifest.records:
                for key in _keys(record):
                    named.add(key)
    return named


def _keys(record: Record) -> Iterator[str]:
    if record.transcript is not None:
        yield record.transcript
    yield from record.extractions.values()
