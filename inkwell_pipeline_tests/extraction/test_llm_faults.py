"""Extraction by models: what goes wrong at a provider, on the way, on the disk, or with the answer."""

import asyncio
from decimal import Decimal
from threading import Event
from typing import Any

import pytest

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline.costs import total
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.metering import counting
from inkwell_pipeline_tests.extraction.asking import ALL_KINDS, OF_THE_FAKE, SUMMARY, TEMPLATES, Bureau
from inkwell_pipeline_tests.fakes.note_taker import NoteTaker, kind_of
from inkwell_pipeline_tests.fakes.providers import Answer, Asked, Drop, Garbage, Trouble


class NoRoomForIdeas(ExtractionCache):
    """A cache on a disk that is full when key ideas come."""

    async def set(self, template_name: str, *rest: Any, **more: Any) -> str:
        if template_name == "key-ideas":
            raise TransientError("there is no room")
        return await super().set(template_name, *rest, **more)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Answer("no object at all"), "it was not one JSON object"),
        (Answer('{"items": [{"text": "half'), "it was not one JSON object"),
        (Answer('{"notes": []}'), 'it had no list "items"'),
        (Answer('{"items": [{"label": "no text"}]}'), "none of its items had"),
        (Answer('{"items": []}'), 'it had no "text"'),
        (Answer('{"items": [{"text": "long"}]}', "length"), "was cut off"),
    ],
)
async def test_an_unusable_answer_is_asked_for_once_more_with_the_reason(
    bureau: Bureau, provider: Any, bad: Answer, reason: str
) -> None:
    """The second time it is right: what it cost is the sum of both, in the record as in the ledger."""
    with provider(lambda asked: bad if asked.number == 0 else NoteTaker()(asked)) as fake:
        report = await bureau.run(await bureau.heard(1), templates=[SUMMARY])

    first, second = fake.asked
    assert reason in second.prompt.text
    assert second.prompt.text.startswith(first.prompt.text)
    (one,) = report.manifest.records
    assert (
        Decimal(one.cost_usd or "") == total((await bureau.ledger()).rows).cost_usd == fake.memory.cost_usd(OF_THE_FAKE)
    )


async def test_an_answer_that_stays_unusable_fails_is_not_cached_and_counts(bureau: Bureau, provider: Any) -> None:
    """Its siblings are cached; what was paid is paid, and the next run asks for what is missing alone."""

    def broken(asked: Asked) -> str:
        return "nonsense" if kind_of(asked) == "quotes" else NoteTaker()(asked)

    one = await bureau.heard(1)
    with provider(broken) as fake, counting() as counted:
        report = await bureau.run(one)
        (failure,) = report.manifest.failures
        assert "the answer to the template quotes could not be used, twice: it was not one JSON object" in failure.error
        assert len(fake.asked) == 5
        assert counted.cost_usd == fake.memory.cost_usd(OF_THE_FAKE)
        assert (await bureau.extractions.get_stats())["file_count"] == 3

    with provider(NoteTaker()) as fake:
        assert not (await bureau.run(one, run="run-2")).manifest.failures
    assert [kind_of_request(request) for request in fake.asked] == ["quotes"]


def kind_of_request(request: Any) -> str:
    """The kind of section, of a request to Anthropic."""
    (_, question) = request.prompt.of("user")
    return "quotes" if "the words themselves" in question else "another"


@pytest.mark.parametrize("model", ALL_KINDS)
async def test_a_refusal_is_the_episode_s_failure_in_the_provider_s_words(
    bureau: Bureau, provider: Any, model: str
) -> None:
    """Asked once, not again: it is an answer. It was paid for."""
    bureau.model = model
    refusal = Answer("I will not write about rivers.", "refusal", "I will not write about rivers.")
    with provider(lambda _: refusal) as fake:
        report = await bureau.run(await bureau.heard(1), templates=[SUMMARY])

    (failure,) = report.manifest.failures
    assert "refused the template summary: " in failure.error
    assert model.startswith("google") or "I will not write about rivers." in failure.error
    assert len(fake.asked) == 1
    assert total((await bureau.ledger()).rows).cost_usd > 0


@pytest.mark.parametrize("model", ALL_KINDS)
async def test_a_busy_provider_is_asked_again_when_it_says(bureau: Bureau, provider: Any, model: str) -> None:
    """One retry policy, ours: `Retry-After` is heeded, each attempt is one request, and a row that cost nothing."""
    bureau.model = model
    faults = [Trouble("rate limit", retry_after_s=7.0), Trouble("overloaded"), None]
    with provider(NoteTaker(), faults=faults) as fake:
        report = await bureau.run(await bureau.heard(1), templates=[SUMMARY])

    assert not report.manifest.failures
    assert len(fake.asked) == 3
    assert bureau.time.waited_s[0] >= 7.0
    rows = (await bureau.ledger()).rows
    assert [(row.error is None, row.cost_usd == 0) for row in rows] == [(False, True), (False, True), (True, False)]


async def test_usage_that_a_gateway_does_not_tell_is_an_unknown_cost(bureau: Bureau, provider: Any) -> None:
    """Not nothing."""
    with provider(NoteTaker(), tokens=lambda _: 0), counting() as counted:
        report = await bureau.run(await bureau.heard(1), templates=[SUMMARY])

    assert (report.manifest.records[0].cost_usd, counted.unpriced_calls) == (None, 1)


async def test_an_answer_that_cannot_be_stored_costs_no_other(bureau: Bureau, provider: Any) -> None:
    """A cache that has no room for one keeps the others; the ledger has all of them."""
    one = await bureau.heard(1)
    bureau.extractions = NoRoomForIdeas(bureau.folder / "cache" / "extractions")
    with provider(NoteTaker()) as fake:
        (failure,) = (await bureau.run(one)).manifest.failures

    assert "there is no room" in failure.error
    assert len(fake.asked) == len((await bureau.ledger()).rows) == 4
    assert (await bureau.extractions.get_stats())["file_count"] == 3


async def test_all_wait_where_one_is_told_to(bureau: Bureau, provider: Any) -> None:
    """A limit is the account's: whoever did not meet it yet need not."""
    faults = [None, Trouble("rate limit", retry_after_s=60.0)]
    with provider(NoteTaker(), faults=faults) as fake:
        report = await bureau.run(await bureau.heard(1), await bureau.heard(2))

    assert not report.manifest.failures
    assert [one.status for one in fake.asked].count(429) == 1
    assert bureau.time.waited_s[0] >= 60.0


async def test_the_process_of_the_sdks_may_die(bureau: Bureau, provider: Any) -> None:
    """What it was at is asked for again, by another one: the answer may have been paid for, which nobody knows."""
    from inkwell_pipeline.extraction.far_model import _process

    def die_once(asked: Asked) -> float:
        if asked.number == 1:
            _process.close()
        return 0.0

    with provider(NoteTaker(), latency_s=die_once):
        report = await bureau.run(await bureau.heard(1))

    assert not report.manifest.failures
    assert None in {row.cost_usd for row in (await bureau.ledger()).rows}


@pytest.mark.parametrize(
    ("fault", "says", "todo"),
    [
        (Trouble("wrong key"), "", "see the key"),
        (Trouble("no quota"), "", "see your account"),
        (Trouble("no model"), "", "see the name of the model"),
        (Trouble("too long"), "", "reads more at once"),
        (Trouble("bad request"), "", ""),
    ],
)
@pytest.mark.parametrize("model", ALL_KINDS)
async def test_what_will_not_pass_is_not_asked_again(
    bureau: Bureau, provider: Any, fault: Trouble, says: str, todo: str, model: str
) -> None:
    """In the provider's words, with what to do; the other templates are not asked: they would fare no better."""
    bureau.model = model
    with provider(NoteTaker(), faults=[fault] * 9) as fake:
        report = await bureau.run(await bureau.heard(1))

    (failure,) = report.manifest.failures
    assert model in failure.error
    assert todo in failure.todo
    assert len(fake.asked) == 1


@pytest.mark.parametrize("fault", [Drop(), Drop(midway=True, billed=True), Garbage()])
async def test_a_broken_connection_may_have_been_paid_for(bureau: Bureau, provider: Any, fault: Any) -> None:
    """It is asked again; the lost one's cost is unknown, which is not 0."""
    with provider(NoteTaker(), faults=[fault, None]), counting() as counted:
        report = await bureau.run(await bureau.heard(1), templates=[SUMMARY])

    assert not report.manifest.failures
    assert [row.cost_usd is None for row in (await bureau.ledger()).rows] == [True, False]
    assert counted.unpriced_calls == 1


async def test_each_answer_is_in_the_cache_though_its_siblings_fail(bureau: Bureau, provider: Any) -> None:
    """A provider that breaks in the midst costs what it has not answered."""
    one = await bureau.heard(1)
    with provider(NoteTaker(), faults=lambda asked: None if asked.number < 2 else Trouble("no quota")):
        assert (await bureau.run(one)).manifest.failures

    with provider(NoteTaker()) as fake:
        assert not (await bureau.run(one, run="run-2")).manifest.failures
    assert len(fake.asked) == 2


async def test_a_run_that_is_stopped_keeps_what_is_answered(bureau: Bureau, provider: Any) -> None:
    """What is under way is waited for, within the grace; nothing new is sent; the next run asks for the rest."""
    held, began = Event(), Event()

    def hold_back(asked: Asked) -> float:
        if asked.number == 0:
            began.set()
            held.wait(20)
        return 0.0

    one = await bureau.heard(1)
    with provider(NoteTaker(), latency_s=hold_back) as fake:
        async with bureau.desk() as desk, bureau.extractions:
            from inkwell_pipeline.extraction import extract_episodes
            from inkwell_pipeline.models import Manifest
            from inkwell_pipeline_tests.builders import episode

            manifest = Manifest(asset="transcript", feed="rivers", run_id="run-1", show="Rivers", records=(one,))
            running = asyncio.create_task(
                extract_episodes(
                    manifest,
                    [episode(key=one.key, title=one.title)],
                    bureau.extracting(desk, TEMPLATES),
                    model=bureau.model,
                    limit=8,
                    stop=desk.stop,
                    grace_s=20,
                )
            )
            await asyncio.to_thread(began.wait, 20)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            held.set()
        assert len(fake.asked) == 1

        again = Bureau(bureau.folder, time=bureau.time)
        report = await again.run(one, run="run-2")

    assert not report.manifest.failures
    assert len(fake.asked) == 4


async def test_a_ledger_that_cannot_be_written_costs_no_answer_and_ends_the_asking(
    bureau: Bureau, provider: Any
) -> None:
    """What is paid for is kept; nothing is spent that cannot be written down."""
    (bureau.folder / "ledger").write_text("a file where a folder should be")
    one = await bureau.heard(1)
    with provider(NoteTaker()) as fake:
        (failure,) = (await bureau.run(one)).manifest.failures

    assert "cannot write" in failure.error
    assert len(fake.asked) == (await bureau.extractions.get_stats())["file_count"] == 1
