"""The ExtractionCache as others rely on it: what is in a key, what comes back, and what is counted."""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline.metering import Counters, counting

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
Asked = tuple[str, str, str, str, str]  # template_name, template_version, transcript, extractor, context

FEW = st.sampled_from(["", "a", "b", "ab", ",", '"', '","', "\n", "\\", "\\ud83d", "\ud83d\ude00", "😀"])


async def set_result(cache: ExtractionCache, asked: Asked, result: str) -> str:
    name, version, transcript, extractor, context = asked
    return await cache.set(name, version, transcript, result, extractor=extractor, context=context)


async def get_result(cache: ExtractionCache, asked: Asked) -> str | None:
    name, version, transcript, extractor, context = asked
    return await cache.get(name, version, transcript, extractor=extractor, context=context)


async def filled(cache: ExtractionCache, *names: str) -> None:
    """Results for the templates named, of version 1 and the transcript `said`."""
    await cache.set_many([(name, "1", "said", f"result of {name}") for name in names])


def sizes_in(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*.entry")]


async def test_what_was_set_is_got(tmp_path: Path) -> None:
    """Also by another process's cache on the same folder, and where the folder is given as text."""
    await ExtractionCache(tmp_path).set("summary", "1", "said", "a summary")

    assert await ExtractionCache(str(tmp_path)).get("summary", "1", "said") == "a summary"


async def test_what_was_not_set_is_none(tmp_path: Path) -> None:
    """None means: it has to be computed. A folder that is not there yet is an empty cache."""
    assert await ExtractionCache(tmp_path / "none" / "yet").get("summary", "1", "said") is None


async def test_an_empty_result_is_a_result(tmp_path: Path) -> None:
    """ "" is what an extractor found, and it was paid for; only None is a miss."""
    cache = ExtractionCache(tmp_path)
    await cache.set("quotes", "1", "said", "")

    assert await cache.get("quotes", "1", "said") == ""
    assert await cache.get_many([("quotes", "1", "said")]) == [""]


async def test_the_last_result_set_stands(tmp_path: Path) -> None:
    """A key has one result, also in one call."""
    cache = ExtractionCache(tmp_path)
    await cache.set("summary", "1", "said", "first")
    await cache.set_many([("summary", "1", "said", "second"), ("summary", "1", "said", "third")])

    assert await cache.get("summary", "1", "said") == "third"
    assert (await cache.get_stats())["file_count"] == 1


@pytest.mark.parametrize("part", range(5), ids=["template", "version", "transcript", "extractor", "context"])
async def test_each_part_is_in_the_key(tmp_path: Path, part: int) -> None:
    """Another template, version, transcript, extractor or context: another result."""
    cache = ExtractionCache(tmp_path)
    asked = ("summary", "1", "said", "offline 1", "c0ffee")
    other: Asked = tuple(value + "x" if at == part else value for at, value in enumerate(asked))  # type: ignore[assignment]
    await set_result(cache, asked, "mine")

    assert await get_result(cache, other) is None


@st.composite
def one_text_cut_twice(draw: st.DrawFn) -> tuple[Asked, Asked]:
    """Two keys whose parts, put together, are the same text."""
    text = "".join(draw(st.lists(FEW, min_size=1, max_size=4)))

    def cut() -> Asked:
        one, two, three, four = sorted(draw(st.integers(0, len(text))) for _ in range(4))
        return text[:one], text[one:two], text[two:three], text[three:four], text[four:]

    return cut(), cut()


@given(both=one_text_cut_twice())
@example(both=(("😀", "", "", "", ""), ("\ud83d\ude00", "", "", "", "")))
@settings(max_examples=150, deadline=None)
async def test_only_equal_parts_have_one_key(both: tuple[Asked, Asked]) -> None:
    """Wherever the texts are cut: ("a", "b") is not ("ab", ""), and what looks like an escape is no character."""
    one, other = both
    with TemporaryDirectory() as folder:
        cache = ExtractionCache(folder)
        await set_result(cache, one, "mine")

        assert await get_result(cache, other) == ("mine" if one == other else None)


@given(asked=st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT), result=ANY_TEXT)
@settings(max_examples=50, deadline=None)
async def test_any_text_may_be_part_of_a_key_and_a_result(asked: Asked, result: str) -> None:
    """Feeds hold every character there is, and halves of some: none of them may cost a paid result."""
    with TemporaryDirectory() as folder:
        await set_result(ExtractionCache(folder), asked, result)

        assert await get_result(ExtractionCache(folder), asked) == result


async def test_get_many_is_in_the_order_asked(tmp_path: Path) -> None:
    """One template for two transcripts, one asked twice, one missing: the answers are a list, not a dict."""
    cache = ExtractionCache(tmp_path)
    await cache.set_many([("summary", "1", "said", "one"), ("summary", "1", "also said", "two")])
    one, two, missing = ("summary", "1", "said"), ("summary", "1", "also said"), ("summary", "2", "said")

    assert await cache.get_many([two, missing, one, two]) == ["two", None, "one", "two"]
    assert await cache.get_many([]) == []


async def test_the_extractor_and_the_context_hold_for_all_of_many(tmp_path: Path) -> None:
    """`set_many` and `get_many` make the keys that `set` and `get` make."""
    cache = ExtractionCache(tmp_path)
    await cache.set_many([("summary", "1", "said", "mine")], extractor="a model", context="c0ffee")

    assert await cache.get("summary", "1", "said", extractor="a model", context="c0ffee") == "mine"
    assert await cache.get_many([("summary", "1", "said")], extractor="a model", context="c0ffee") == ["mine"]
    assert await cache.get_many([("summary", "1", "said")], extractor="a model") == [None]


async def test_a_lookup_gives_the_cost_back(tmp_path: Path) -> None:
    """What a hit saves is what its result cost, to the last digit; None is not known, which is not 0."""
    cache = ExtractionCache(tmp_path)
    await cache.set("summary", "1", "said", "paid", cost_usd=Decimal("0.00010"))
    await cache.set("quotes", "1", "said", "free", cost_usd=Decimal(0))
    await cache.set("links", "1", "said", "who knows")

    found = await cache.lookup_many([(name, "1", "said") for name in ("summary", "quotes", "links", "none")])

    assert [entry and (entry.value, entry.cost_usd) for entry in found] == [
        ("paid", Decimal("0.00010")),
        ("free", Decimal(0)),
        ("who knows", None),
        None,
    ]


async def test_set_gives_the_key_that_finds_the_entry_again(tmp_path: Path) -> None:
    """A manifest keeps the key; the next asset needs no transcript to read the result."""
    cache = ExtractionCache(tmp_path)
    key = await cache.set("summary", "1", "said", "a summary")

    found = await cache.by_key([key, "0" * 64])

    assert [entry and (entry.key, entry.value) for entry in found] == [(key, "a summary"), None]


async def test_clear_leaves_nothing_and_the_cache_goes_on(tmp_path: Path) -> None:
    """After `clear` all is a miss, nothing is counted, and the next result is kept."""
    cache = ExtractionCache(tmp_path)
    await filled(cache, "summary", "quotes")
    await cache.clear()

    assert await cache.get_many([("summary", "1", "said"), ("quotes", "1", "said")]) == [None, None]
    assert (await cache.get_stats())["file_count"] == 0
    await filled(cache, "summary")
    assert await cache.get("summary", "1", "said") == "result of summary"


async def test_stats_are_the_entries_on_disk(tmp_path: Path) -> None:
    """Three keys, no more; a MB is 2**20 bytes; other files in the folder are not counted."""
    cache = ExtractionCache(tmp_path)
    assert await cache.get_stats() == {"file_count": 0, "total_size_bytes": 0, "total_size_mb": 0.0}
    (tmp_path / "lock").touch()
    await filled(cache, "summary", "quotes")

    stats = await cache.get_stats()

    sizes = sizes_in(tmp_path)
    assert stats == {"file_count": 2, "total_size_bytes": sum(sizes), "total_size_mb": sum(sizes) / 2**20}


@pytest.mark.parametrize(("ttl_seconds", "expected"), [(0, None), (3600, "old"), (0.0001, None), (None, "old")])
async def test_the_time_to_live_is_the_readers(tmp_path: Path, ttl_seconds: float | None, expected: str | None) -> None:
    """An entry keeps when it was stored; how long that is good for may change with the settings."""
    await ExtractionCache(tmp_path).set("summary", "1", "said", "old")

    assert await ExtractionCache(tmp_path, ttl_seconds).get("summary", "1", "said") == expected


async def test_every_look_up_is_a_hit_or_a_miss(tmp_path: Path) -> None:
    """`get`, `get_many` and `lookup_many` count what was asked; `cache_hit_rate` is made of it."""
    cache = ExtractionCache(tmp_path)
    await filled(cache, "summary")
    hit, miss = ("summary", "1", "said"), ("quotes", "1", "said")

    ways: list[tuple[Awaitable[object], tuple[int, int]]] = [
        (cache.get(*hit), (1, 0)),
        (cache.get(*miss), (0, 1)),
        (cache.get_many([hit, hit, miss]), (2, 1)),
        (cache.lookup_many([miss]), (0, 1)),
    ]
    for look_up, hits_and_misses in ways:
        with counting() as counted:
            await look_up
        assert counted_so_far(counted) == hits_and_misses
        assert counted.cache_io_s > 0


def counted_so_far(counted: Counters) -> tuple[int, int]:
    return counted.cache_hits, counted.cache_misses


async def test_reading_what_an_earlier_asset_named_is_no_look_up(tmp_path: Path) -> None:
    """`by_key` reads an input: nothing would be paid for if it were missing. Storing is no look-up either."""
    cache = ExtractionCache(tmp_path)

    with counting() as counted:
        key = await cache.set("summary", "1", "said", "a summary")
        await cache.by_key([key, "0" * 64])

    assert counted_so_far(counted) == (0, 0)


async def test_two_at_work_do_not_count_each_others_look_ups(tmp_path: Path) -> None:
    """Two assets may share a loop and a cache; each one's figures are its own, its tasks' look-ups among them."""
    cache = ExtractionCache(tmp_path)
    await filled(cache, "summary")
    both_are_in = asyncio.Barrier(2)

    async def work(name: str, times: int) -> tuple[int, int]:
        with counting() as counted:
            await both_are_in.wait()
            await asyncio.gather(*(cache.get(name, "1", "said") for _ in range(times)))
            await both_are_in.wait()
            return counted_so_far(counted)

    assert list(await asyncio.gather(work("summary", 3), work("quotes", 5))) == [(3, 0), (0, 5)]
