"""The figures of a materialisation: the published names, plain numbers, and no cost that is a guess."""

from decimal import Decimal
from typing import Any, Literal

import pytest

from inkwell_pipeline.loop_meter import LoopMeter
from inkwell_pipeline.metering import Counters
from inkwell_pipeline.models import AssetName, Failure, Manifest
from inkwell_pipeline.reports import Report
from inkwell_pipeline_tests.builders import EVERYWHERE, OF_EXTRACTION, OF_TRANSCRIPT, record


def report(asset: AssetName = "notes", *, given: int = 1, failed: int = 0, **figures: int) -> Report:
    """A report on the feed Rivers: `given` episodes, of which `failed` failed."""
    failures = tuple(
        Failure(key=f"{number:016x}", title="The gauge", asset=asset, error="the host answers 404")
        for number in range(failed)
    )
    records = tuple(record() for _ in range(given - failed))
    manifest = Manifest(asset=asset, feed="rivers", run_id="1", show="Rivers", records=records, failures=failures)
    return Report(manifest=manifest, given=given, figures=figures)


def figures(of: Report, **counted: Any) -> dict[str, int | float | str]:
    return of.metadata(Counters(**counted), LoopMeter())


@pytest.mark.parametrize("asset", ["feed", "notes"])
def test_every_asset_has_the_same_names(asset: AssetName) -> None:
    """Dagster plots a figure by its name: a name that changes or is missing breaks somebody's plot."""
    assert set(figures(report(asset))) == EVERYWHERE


def test_transcript_says_how_much_was_heard() -> None:
    """Minutes of audio, and the requests whose cost nobody knows; where there is one, no cost is said."""
    said = figures(report("transcript"), heard_s=90.0, unpriced_calls=1)

    assert set(said) == (EVERYWHERE | OF_TRANSCRIPT) - {"cost_usd"}
    assert (said["minutes_transcribed"], said["unpriced_calls"]) == (1.5, 1)


def test_extraction_says_what_the_model_did() -> None:
    """Requests and tokens, each under its published name; only `extraction` asks a model."""
    said = figures(
        report("extraction"), model_calls=7, unpriced_calls=0, input_tokens=9000, output_tokens=500, cached_tokens=8000
    )

    assert set(said) == EVERYWHERE | OF_EXTRACTION
    assert [said[name] for name in ("model_calls", "unpriced_calls")] == [7, 0]
    assert [said[name] for name in ("input_tokens", "output_tokens", "cached_tokens")] == [9000, 500, 8000]


def test_an_assets_own_figures_stand_beside_the_others() -> None:
    """`notes_written` and its like keep the names that the room gave them."""
    said = figures(report(notes_written=3, notes_unchanged=2, edits_kept=1))

    assert set(said) == EVERYWHERE | {"notes_written", "notes_unchanged", "edits_kept"}
    assert (said["notes_written"], said["notes_unchanged"], said["edits_kept"]) == (3, 2, 1)


def test_episodes_are_those_given_and_failed_are_all_so_far() -> None:
    """Five were given, two of them failed here or before: nobody has to add up what is missing."""
    said = figures(report(given=5, failed=2))

    assert (said["episodes"], said["failed"]) == (5, 2)


def test_look_ups_are_hits_and_misses_and_their_rate() -> None:
    """Three of four were there."""
    said = figures(report(), cache_hits=3, cache_misses=1)

    assert (said["cache_hits"], said["cache_misses"], said["cache_hit_rate"]) == (3, 1, 0.75)


def test_nothing_to_look_up_is_a_full_hit_rate() -> None:
    """Nothing had to be paid for; a 0 would look like a cache that was lost."""
    assert figures(report())["cache_hit_rate"] == 1.0


def test_times_are_milliseconds() -> None:
    """Counted in seconds, published in milliseconds as their names say, to the microsecond."""
    meter = LoopMeter(blocked_s=0.0523456, longest_block_s=0.05, longest_lag_s=0.0011)

    said = report().metadata(Counters(cache_io_s=1.5), meter)

    assert said["cache_io_ms"] == 1500.0
    assert said["blocked_ms"] == 52.346
    assert said["longest_block_ms"] == 50.0
    assert said["longest_lag_ms"] == 1.1


def test_costs_are_dollars() -> None:
    """What was paid, and what the cache saved; 0 is a known cost: nothing was sent."""
    said = figures(report("extraction"), cost_usd=Decimal("0.0123"), saved_usd=Decimal("1.20"), model_calls=2)

    assert (said["cost_usd"], said["saved_usd"]) == (0.0123, 1.2)
    assert figures(report())["cost_usd"] == 0.0


def test_an_unknown_cost_is_left_out() -> None:
    """One call without a price makes the sum unknown: absent, with `unpriced_calls`, and never 0 or too small."""
    said = figures(report("extraction"), cost_usd=Decimal("0.01"), model_calls=2, unpriced_calls=1)

    assert "cost_usd" not in said
    assert said["unpriced_calls"] == 1
    assert set(said) == (EVERYWHERE | OF_EXTRACTION) - {"cost_usd"}


def test_every_figure_is_a_plain_number() -> None:
    """Dagster plots int and float; of a Decimal it would make text."""
    said = figures(report("extraction", quotes=3), cost_usd=Decimal("0.01"), saved_usd=Decimal(1), cache_hits=1)

    assert {type(value) for name, value in said.items() if name != "block_meter"} == {int, float}


@pytest.mark.parametrize("method", ["selector", "heartbeat"])
def test_the_way_of_measuring_stands_beside_what_was_measured(method: Literal["selector", "heartbeat"]) -> None:
    """Lags are no turns: whoever compares two runs' `blocked_ms` has to know that both were had in the same way."""
    said = report().metadata(Counters(), LoopMeter(method=method))

    assert said["block_meter"] == method


def test_bytes_are_those_read_and_those_written() -> None:
    """Plain bytes, as the names say."""
    said = figures(report(), cache_read_bytes=5000, cache_written_bytes=300)

    assert (said["cache_read_bytes"], said["cache_written_bytes"]) == (5000, 300)
