"""The asset `extraction` without Dagster: what is in the cache is not asked for, what was paid for is kept."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.extraction import Extracting, Extraction, Material, Template, extract_episodes
from inkwell_pipeline.metering import counting
from inkwell_pipeline.models import Chapter, Episode, Item, Manifest, Person, Record, Section
from inkwell_pipeline.reports import Report
from inkwell_pipeline_tests.builders import LINES, episode, record, transcript
from inkwell_pipeline_tests.extraction.asking import sections_of

SUMMARY = Template(name="summary", version="1", heading="Summary", output="prose", prompt="What was said?")
QUOTES = Template(name="quotes", version="1", heading="Quotes", output="quotes", prompt="In which words?")


@dataclass
class House:
    """Both caches in a folder, and a record of each episode with its transcript in the first."""

    folder: Path

    def __post_init__(self) -> None:
        self.transcripts = TranscriptionCache(self.folder / "transcripts")
        self.extractions = ExtractionCache(self.folder / "extractions")

    async def heard(self, number: int, *lines: str) -> Record:
        url = f"https://h/{number}"
        await self.transcripts.set(url, transcript(*lines).canonical())
        return record(key=f"{number:016}", title=f"Number {number}", transcript=self.transcripts.key(url))

    async def run(
        self,
        extractor: "Scripted",
        *records: Record,
        templates: Sequence[Template] = (SUMMARY, QUOTES),
        stop: Callable[[], None] | None = None,
        **of: Any,
    ) -> Report:
        episodes: list[Episode] = [episode(**{"key": one.key, "title": one.title, **of}) for one in records]
        manifest = Manifest(asset="transcript", feed="rivers", run_id="run-1", show="Rivers", records=records)
        return await extract_episodes(
            manifest,
            episodes,
            Extracting(templates, {one.name: extractor for one in templates}, self.transcripts, self.extractions),
            model="scripted",
            limit=1,
            stop=stop,
        )

    async def sections(self, report: Report) -> list[list[Section]]:
        return await sections_of(report, self.extractions)


@dataclass
class Scripted:
    """An extractor with a memory: what it was asked, how full the cache was then; it may invent, cost and fail."""

    house: House
    quotes: tuple[str, ...] = (LINES[2],)
    costs_usd: Decimal | None = Decimal("0.01")
    fails_at: str | None = None  # a template's name
    fails_with: Exception = field(default_factory=lambda: TransientError("the provider is busy"))
    forgets: str | None = None  # likewise
    identity: str = "scripted 1"
    asked: list[str] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)  # entries in the cache, each time another result was due
    materials: list[Material] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        self.materials.append(material)
        self.began.set()
        for template in templates:
            self.asked.append(template.name)
            self.stored.append((await self.house.extractions.get_stats())["file_count"])
            if template.name == self.fails_at:
                raise self.fails_with
            if template.name == self.forgets:
                continue
            texts = self.quotes if template.output == "quotes" else ("A word.",)
            items = tuple(Item(text=text) for text in texts)
            yield Extraction(
                template, Section(kind=template.output, heading=template.heading, items=items), self.costs_usd
            )


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_each_template_becomes_an_entry_in_the_order_of_the_templates(house: House) -> None:
    """The record names them; what they cost, and by whom, is in it."""
    report = await house.run(Scripted(house), await house.heard(1))

    (sections,) = await house.sections(report)
    (one,) = report.manifest.records
    assert [section.heading for section in sections] == ["Summary", "Quotes"]
    assert (report.manifest.asset, one.model, one.cost_usd) == ("extraction", "scripted", "0.02")


async def test_what_is_in_the_cache_is_not_asked_again(house: House) -> None:
    """Nothing is paid for twice: the second run asks nobody, gives the same, and says what it saved."""
    extractor, one = Scripted(house), await house.heard(1)
    first = await house.run(extractor, one)

    with counting() as counted:
        second = await house.run(extractor, one)

    assert extractor.asked == ["summary", "quotes"]
    assert second.manifest == first.manifest
    assert (counted.cache_hits, counted.saved_usd, counted.cost_usd) == (2, Decimal("0.02"), Decimal(0))


async def test_two_runs_at_once_pay_for_an_episode_once(house: House, tmp_path: Path) -> None:
    """The one that comes second waits, and takes what the first has stored, as another process would."""
    extractor, one, other = Scripted(house), await house.heard(1), House(tmp_path)

    with counting() as counted:
        first, second = await asyncio.gather(house.run(extractor, one), other.run(extractor, one))

    assert extractor.asked == ["summary", "quotes"]
    assert first.manifest == second.manifest
    assert (counted.cost_usd, counted.saved_usd) == (Decimal("0.02"), Decimal("0.02"))


async def test_of_two_runs_at_once_the_second_asks_for_what_the_first_did_not_want(
    house: House, tmp_path: Path
) -> None:
    """A lock for the episode, whatever the templates: what both want is asked for once, the rest by its own run."""
    extractor, one, other = Scripted(house), await house.heard(1), House(tmp_path)

    reports = await asyncio.gather(
        house.run(extractor, one, templates=[SUMMARY]), other.run(extractor, one, templates=[SUMMARY, QUOTES])
    )

    assert sorted(extractor.asked) == ["quotes", "summary"]
    assert [len(sections) for report in reports for sections in await house.sections(report)] == [1, 2]


async def test_where_the_first_of_two_runs_fails_the_second_tries(house: House, tmp_path: Path) -> None:
    """A failure is the failing run's alone, and what was stored before it is not asked for again."""
    fails, works, one, other = (
        Scripted(house, fails_at="quotes"),
        Scripted(house),
        await house.heard(1),
        House(tmp_path),
    )

    running = asyncio.create_task(house.run(fails, one))
    await fails.began.wait()
    second, first = await other.run(works, one), await running

    assert (len(first.manifest.failures), len(second.manifest.failures)) == (1, 0)
    assert (fails.asked, works.asked) == (["summary", "quotes"], ["quotes"])


@pytest.mark.parametrize(
    ("change", "asked_again"),
    [
        ({"version": "2"}, ["summary"]),
        ({"prompt": "What was left out?"}, ["summary"]),
        ({"output": "items"}, ["summary"]),
        ({"heading": "In short"}, []),
    ],
)
async def test_a_template_that_changed_is_asked_alone(
    house: House, change: dict[str, str], asked_again: list[str]
) -> None:
    """An edit of one prompt costs one prompt, a new heading nothing; the record keeps the templates' order."""
    extractor, one = Scripted(house), await house.heard(1)
    await house.run(extractor, one)
    changed = Template.model_validate({**SUMMARY.model_dump(), **change})

    report = await house.run(extractor, one, templates=[changed, QUOTES])

    assert extractor.asked == ["summary", "quotes", *asked_again]
    assert list(report.manifest.records[0].extractions) == ["summary", "quotes"]


async def test_an_extractor_that_forgets_a_template_fails_the_episode(house: House) -> None:
    """It says which; what came is kept, and the run goes on."""
    extractor = Scripted(house, forgets="quotes")

    report = await house.run(extractor, await house.heard(1))

    (failure,) = report.manifest.failures
    assert "the extractor scripted 1 gave nothing for: quotes" in failure.error
    assert (await house.extractions.get_stats())["file_count"] == 1


async def test_each_result_is_in_the_cache_before_the_next_is_asked(house: House) -> None:
    """A process that is killed costs at most the call in flight."""
    extractor = Scripted(house)

    await house.run(extractor, await house.heard(1))

    assert extractor.stored == [0, 1]


async def test_a_failing_extractor_fails_the_episode_and_keeps_what_it_gave(house: House) -> None:
    """The others finish; the next run asks for what is missing alone."""
    records = [await house.heard(1), await house.heard(2, "Another river.")]
    extractor = Scripted(house, fails_at="quotes")
    report = await house.run(extractor, *records)
    assert [failure.error for failure in report.manifest.failures] == ["the provider is busy"] * 2
    assert report.manifest.records == ()

    extractor.fails_at, extractor.asked = None, []
    report = await house.run(extractor, *records)

    assert (extractor.asked, report.manifest.failures) == (["quotes", "quotes"], ())


async def test_a_fault_of_ours_in_one_episode_begins_nothing_more_in_others(house: House) -> None:
    """What would be paid for then could not be kept: the run ends."""
    stopped = asyncio.Event()
    extractor = Scripted(house, fails_at="summary", fails_with=ZeroDivisionError())

    with pytest.raises(ExceptionGroup):
        await house.run(extractor, await house.heard(1), stop=stopped.set)

    assert stopped.is_set()


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"show": "Another show"},
        {"persons": (Person(name="Bo"),)},
        {"chapters": (Chapter(start_s=60, title="The river"),)},
    ],
)
async def test_what_the_extractor_sees_is_in_the_key(house: House, change: dict[str, Any]) -> None:
    """A corrected title or a new guest may give another result: it is asked anew."""
    extractor, one = Scripted(house), await house.heard(1)
    await house.run(extractor, one)

    await house.run(extractor, one, **change)

    assert extractor.asked == ["summary", "quotes"] * 2


async def test_the_words_of_the_show_notes_are_in_no_key(house: House) -> None:
    """They prove links, and no extractor sees them: a mended comma costs nothing."""
    extractor, one = Scripted(house), await house.heard(1)
    await house.run(extractor, one, show_notes="About rivers")

    await house.run(extractor, one, show_notes="About rivers, and bridges")

    assert extractor.asked == ["summary", "quotes"]


async def test_another_extractor_is_asked_anew(house: House) -> None:
    """One model's result is not another's."""
    one = await house.heard(1)
    await house.run(Scripted(house), one)
    other = Scripted(house, identity="scripted 2")

    await house.run(other, one)

    assert other.asked == ["summary", "quotes"]


async def test_two_episodes_with_equal_words_share_nothing_else(house: House) -> None:
    """Their titles differ, and so may the results."""
    extractor = Scripted(house)

    await house.run(extractor, await house.heard(1), await house.heard(2))

    assert [material.title for material in extractor.materials] == ["Number 1", "Number 2"]


async def test_invented_quotes_are_dropped_and_counted_in_every_run(house: House) -> None:
    """What nobody said is nobody's quote; the number stays known when the section comes out of the cache."""
    extractor = Scripted(house, quotes=(LINES[2], "Nobody ever said this.", LINES[3]))
    one = await house.heard(1)

    first, second = await house.run(extractor, one), await house.run(extractor, one)

    ((_, quotes),) = await house.sections(first)
    assert [item.text for item in quotes.items] == [LINES[2], LINES[3]]
    assert (
        dict(first.figures)
        == dict(second.figures)
        == {
            "quotes": 2,
            "quotes_unverified": 1,
            "times_unverified": 0,
            "links_dropped": 0,
        }
    )


async def test_an_episode_without_a_transcript_passes_as_it_is(house: House) -> None:
    """There is nothing to extract from; its note is still written."""
    extractor, silent = Scripted(house), record(title="Silent")

    report = await house.run(extractor, silent)

    assert (report.manifest.records, report.manifest.failures, extractor.asked) == ((silent,), (), [])


async def test_a_transcript_that_is_gone_is_a_failure_that_says_what_to_do(house: House) -> None:
    """The cache was cleared, or the entry has expired, since the manifest was written."""
    one = await house.heard(1)
    await house.transcripts.clear()

    (failure,) = (await house.run(Scripted(house), one)).manifest.failures

    assert failure.asset == "extraction"
    assert "materialise the asset `transcript` once more" in failure.error


async def test_an_unknown_cost_is_unknown_and_never_nothing(house: House) -> None:
    """The record has none, the counters say how many calls had no price."""
    with counting() as counted:
        report = await house.run(Scripted(house, costs_usd=None), await house.heard(1))

    assert (report.manifest.records[0].cost_usd, counted.unpriced_calls) == (None, 2)


async def test_a_cost_is_counted_when_it_arises(house: House) -> None:
    """Also of an episode that failed in the end: it was paid."""
    with counting() as counted:
        await house.run(Scripted(house, fails_at="quotes"), await house.heard(1))

    assert counted.cost_usd == Decimal("0.01")
