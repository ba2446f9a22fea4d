"""Whatever is done in whatever order, on real files: a cache holds what a dict would hold, less what it may not give.

Belongs here: the model. Does not: real processes (`test_processes.py`), trouble of the machine (`test_faults.py`).
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.cache.cache import Cache
from inkwell_pipeline.cache.entry import encoded
from inkwell_pipeline.cache.places import WRITING
from inkwell_pipeline.files import temporary_name

NAMES = st.sampled_from(["", "a", "b", "https://example.com/1.vtt", "http://exämple.com/\ud800"])
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20) | st.just("large ").map(lambda word: word * 50_000)
TTL_S = 3600.0
OLD = timedelta(seconds=TTL_S + 60)


class LikeADict(RuleBasedStateMachine):
    """Of transcriptions; `Extractions` does the same with the other cache."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary, self.runner = TemporaryDirectory(), asyncio.Runner()
        self.folder = Path(self.temporary.name, "cache")
        self.held: dict[str, str] = {}  # what the dict would hold
        self.files: dict[str, str] = {}  # by name, the keys of the files that lie there, good or not
        self.cache = self.opened()

    def opened(self) -> Cache:
        return TranscriptionCache(self.folder, TTL_S)

    async def stores(self, items: list[tuple[str, str]], *, many: bool) -> None:
        assert isinstance(self.cache, TranscriptionCache)
        if many:
            await self.cache.set_many(items)
        else:
            await asyncio.gather(*(self.cache.set(name, text) for name, text in items))

    async def gives(self, names: list[str], *, many: bool) -> list[str | None]:
        assert isinstance(self.cache, TranscriptionCache)
        if many:
            return await self.cache.get_many(names)
        return list(await asyncio.gather(*map(self.cache.get, names)))

    async def looks_up(self, names: list[str]) -> list[str | None]:
        assert isinstance(self.cache, TranscriptionCache)
        return [None if entry is None else entry.value for entry in await self.cache.lookup_many(names)]

    async def computes(self, name: str, text: str) -> str:
        assert isinstance(self.cache, TranscriptionCache)
        return await self.cache.get_or_compute(name, a_computation_of(text))

    def key_of(self, name: str) -> str:
        assert isinstance(self.cache, TranscriptionCache)
        return self.cache.key(name)

    @rule(items=st.lists(st.tuples(NAMES, TEXTS), max_size=4, unique_by=lambda item: item[0]), many=st.booleans())
    def set(self, items: list[tuple[str, str]], many: bool) -> None:
        self.runner.run(self.stores(items, many=many))
        self.held.update(items)
        self.files |= {name: self.key_of(name) for name, _ in items}

    @rule(items=st.lists(st.tuples(st.just("a"), TEXTS), min_size=2, max_size=3))
    def set_one_name_several_times(self, items: list[tuple[str, str]]) -> None:
        """The last of one call stands."""
        self.runner.run(self.stores(items, many=True))
        self.held["a"], self.files["a"] = items[-1][1], self.key_of("a")

    @rule(names=st.lists(NAMES, max_size=6), many=st.booleans())
    def get(self, names: list[str], many: bool) -> None:
        assert self.runner.run(self.gives(names, many=many)) == [self.held.get(name) for name in names]
        self.deleted(names)

    @rule(names=st.lists(NAMES, max_size=6))
    def lookup_many(self, names: list[str]) -> None:
        assert self.runner.run(self.looks_up(names)) == [self.held.get(name) for name in names]
        self.deleted(names)

    @rule(name=NAMES, text=TEXTS)
    def get_or_compute(self, name: str, text: str) -> None:
        assert self.runner.run(self.computes(name, text)) == self.held.get(name, text)
        self.held.setdefault(name, text)
        self.files[name] = self.key_of(name)

    @rule(name=NAMES, kind=st.sampled_from(["cut", "flip", "foreign", "another's"]), place=st.integers(0, 1 << 20))
    def damage(self, name: str, kind: str, place: int) -> None:
        """A file's bytes are others than ours; it is gone as soon as somebody asks."""
        if name not in self.held:
            return
        whole = self.path_of(name).read_bytes()
        at = place % len(whole)
        damaged = {
            "cut": whole[:at],
            "flip": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
            "foreign": b'{"version": 1}\n',
            "another's": b"".join(encoded("cd" * 32, "theirs", None, stored=datetime.now(UTC))),
        }
        self.path_of(name).write_bytes(damaged[kind])
        del self.held[name]

    @rule(name=NAMES)
    def expire(self, name: str) -> None:
        """The time to live passes, for one entry."""
        if (text := self.held.pop(name, None)) is not None:
            stored = datetime.now(UTC) - OLD
            self.path_of(name).write_bytes(b"".join(encoded(self.key_of(name), text, None, stored=stored)))

    @rule(name=NAMES, text=TEXTS)
    def a_writer_dies_before_its_last_step(self, name: str, text: str) -> None:
        """Its entry is whole: with the next cache it is there, unless a later one stands in its place."""
        self.folder.joinpath(WRITING).mkdir(parents=True, exist_ok=True)
        host, _, rest = temporary_name().partition("-")
        left = self.folder / WRITING / f"{host}-{2**22 + 1}-{rest.partition('-')[2]}"
        left.write_bytes(b"".join(encoded(self.key_of(name), text, None, stored=datetime.now(UTC))))
        self.open_anew()
        self.runner.run(self.gives(["nobody's"], many=True))  # the first use sweeps
        assert not left.exists()
        if name not in self.files:
            self.held[name], self.files[name] = text, self.key_of(name)

    @rule()
    def clear(self) -> None:
        self.runner.run(self.cache.clear())
        self.held.clear()
        self.files.clear()

    @rule(of=st.sampled_from(["", WRITING, "shards"]))
    def delete_folders_from_outside(self, of: str) -> None:
        """As a user does who wants room: the cache goes on, with what is left."""
        if of == "shards":
            for shard in self.folder.glob("[0-9a-f][0-9a-f]"):
                shutil.rmtree(shard)
        else:
            shutil.rmtree(self.folder / of, ignore_errors=True)
        if of != WRITING:
            self.held.clear()
            self.files.clear()

    @rule()
    def open_anew(self) -> None:
        self.runner.run(self.cache.aclose())
        self.cache = self.opened()

    @invariant()
    def counts_what_lies_there(self) -> None:
        stats = self.runner.run(self.cache.get_stats())
        sizes = [path.stat().st_size for path in self.folder.rglob("*.entry")]
        assert stats["file_count"] == len(self.files) == len(sizes)
        assert stats["total_size_bytes"] == sum(sizes)

    @invariant()
    def leaves_nothing_in_the_making(self) -> None:
        assert list(self.folder.rglob("*.tmp")) == []

    def deleted(self, names: list[str]) -> None:
        """What was asked for and is no longer good lies there no longer."""
        for name in set(names) - self.held.keys():
            self.files.pop(name, None)

    def path_of(self, name: str) -> Path:
        key = self.key_of(name)
        return self.folder / key[:2] / f"{key}.entry"

    def teardown(self) -> None:
        self.runner.run(self.cache.aclose())
        self.runner.close()
        self.temporary.cleanup()


def a_computation_of(text: str) -> Callable[[], Awaitable[str]]:
    async def compute() -> str:
        return text

    return compute


class Extractions(LikeADict):
    """The same of extractions: a name is a transcript."""

    def opened(self) -> Cache:
        self.keys: dict[str, str] = getattr(self, "keys", {})
        return ExtractionCache(self.folder, TTL_S)

    async def stores(self, items: list[tuple[str, str]], *, many: bool) -> None:
        assert isinstance(self.cache, ExtractionCache)
        if many:
            await self.cache.set_many([("summary", "1", name, text) for name, text in items])
        else:
            await asyncio.gather(*(self.cache.set("summary", "1", name, text) for name, text in items))

    async def gives(self, names: list[str], *, many: bool) -> list[str | None]:
        assert isinstance(self.cache, ExtractionCache)
        if many:
            return await self.cache.get_many([("summary", "1", name) for name in names])
        return list(await asyncio.gather(*(self.cache.get("summary", "1", name) for name in names)))

    async def looks_up(self, names: list[str]) -> list[str | None]:
        assert isinstance(self.cache, ExtractionCache)
        found = await self.cache.lookup_many([("summary", "1", name) for name in names])
        return [None if entry is None else entry.value for entry in found]

    async def computes(self, name: str, text: str) -> str:
        assert isinstance(self.cache, ExtractionCache)
        return await self.cache.get_or_compute("summary", "1", name, a_computation_of(text))

    def key_of(self, name: str) -> str:
        if name not in self.keys:
            with TemporaryDirectory() as elsewhere:
                self.keys[name] = self.runner.run(ExtractionCache(elsewhere).set("summary", "1", name, ""))
        return self.keys[name]


TestTranscriptionsLikeADict = LikeADict.TestCase
TestExtractionsLikeADict = Extractions.TestCase
TestTranscriptionsLikeADict.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestExtractionsLikeADict.settings = TestTranscriptionsLikeADict.settings
