"""What a run would cost, and whether it asks a model at all, before anybody is asked."""

from decimal import Decimal
from pathlib import Path

from inkwell_pipeline.extraction import Foresight, estimate_episodes
from inkwell_pipeline.metering import counting
from inkwell_pipeline.models import Manifest
from inkwell_pipeline_tests.builders import episode, record
from inkwell_pipeline_tests.extraction.asking import TEMPLATES, Bureau

TEST = "test"


async def test_a_model_is_expected_when_an_episode_is_sure_to_ask_it(tmp_path: Path) -> None:
    """Once; not for one without a transcript, nor for one that is in the cache; and it counts as no look-up."""
    bureau, expected = Bureau(tmp_path, model=TEST), list[str]()
    cached, missing = await bureau.heard(1), await bureau.heard(2)
    await bureau.run(cached)
    async with bureau.desk() as desk:
        foresight = Foresight(bureau.extracting(desk, TEMPLATES), lambda: expected.append("model"))

        with counting() as counted:
            await foresight.found(episode(key="3" * 16, title="Number 3"), record(key="3" * 16))
            await foresight.found(episode(key=cached.key, title=cached.title), cached)
            assert not expected
            for _ in range(2):
                await foresight.found(episode(key=missing.key, title=missing.title), missing)

    assert expected == ["model"]
    assert (counted.cache_hits, counted.cache_misses) == (0, 0)


async def test_an_estimate_is_of_what_is_missing(tmp_path: Path) -> None:
    """Episodes that are extracted cost nothing more; the report has no records, and nothing has failed."""
    bureau = Bureau(tmp_path, model=TEST)
    cached, missing = await bureau.heard(1), await bureau.heard(2)
    await bureau.run(cached)
    manifest = Manifest(asset="transcript", feed="rivers", run_id="run-2", show="Rivers", records=(cached, missing))
    episodes = [episode(key=one.key, title=one.title) for one in (cached, missing)]

    async with bureau.desk() as desk:
        report, estimate = await estimate_episodes(manifest, episodes, bureau.extracting(desk, TEMPLATES), limit=2)

    assert (estimate.requests, estimate.least_usd, estimate.most_usd) == (4, Decimal(0), Decimal(0))
    assert (report.given, report.manifest.records, report.manifest.failures) == (2, (), ())
    assert len((await bureau.ledger()).rows) == 4


async def test_the_model_of_the_box_takes_the_whole_way(tmp_path: Path) -> None:
    """`test`: quotes are proven, ideas have their times, the ledger has a row a request, and nothing costs anything."""
    bureau = Bureau(tmp_path, model=TEST)

    report = await bureau.run(await bureau.heard(1))

    ((summary, ideas, quotes, links),) = await bureau.sections(report)
    assert summary.items
    assert [person.name for person in summary.people] == ["Ada Brook", "Bo Stone"]
    assert all(item.start_s is not None for item in (*ideas.items, *quotes.items))
    assert not links.items
    assert report.figures["quotes_unverified"] == 0
    assert report.manifest.records[0].cost_usd == "0"
    assert [row.cost_usd for row in (await bureau.ledger()).rows] == [Decimal(0)] * 4
