"""The ledger: rows that stay, whoever else writes, and whatever is torn."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.costs import Hold, Ledger, Usage, grouped, history, total
from inkwell_pipeline.costs.ledger import Release
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.files import append_line_now
from inkwell_pipeline_tests.costs.rows import NOON, row
from inkwell_pipeline_tests.growth import LINEAR, growth

ONE_WRITER = """
import asyncio, sys
from decimal import Decimal
from pathlib import Path
from inkwell_pipeline.costs import Ledger
from inkwell_pipeline_tests.costs.rows import row

async def main() -> None:
    ledger = Ledger(Path(sys.argv[1]))
    await asyncio.gather(*(ledger.add(row(f"{sys.argv[2]}-{n}", cost_usd=Decimal("0.000001"))) for n in range(250)))

asyncio.run(main())
"""
texts = st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace").decode())
money = st.decimals(0, 1000, allow_nan=False, allow_infinity=False, places=9)


@given(
    texts=st.lists(texts, min_size=6, max_size=6),
    counts=st.lists(st.integers(0, 10**9), min_size=4, max_size=4),
    cost=st.none() | money,
    held=st.none() | money,
    error=st.none() | texts.filter(bool),
)
def test_a_row_comes_back_as_it_was_written(
    texts: list[str], counts: list[int], cost: Decimal | None, held: Decimal | None, error: str | None
) -> None:
    """Every digit of its cost, and an unknown one as unknown."""
    from inkwell_pipeline.costs.ledger import _line, _row

    run, feed, episode, template, model, request = texts
    written = replace(
        row(run=run, feed=feed, episode=episode, template=template, model=model, request_id=request),
        usage=Usage(*counts),
        cost_usd=cost,
        held_usd=held,
        error=error,
    )

    assert _row(_line(written)) == written


async def test_rows_lie_in_the_month_in_which_they_began(tmp_path: Path) -> None:
    """UTC's month: one file for a request and its hold, whenever it ends."""
    ledger = Ledger(tmp_path)
    late = datetime(2024, 4, 30, 23, 59, tzinfo=UTC)
    await ledger.add(Hold("1", late, "run-1", Decimal("0.05"), "here-1"))
    await ledger.add(row("1", time=late))
    await ledger.add(row("2", time=datetime(2024, 5, 1, 0, 0, tzinfo=UTC)))

    assert [month.name for month in await ledger.months()] == ["2024-04.jsonl", "2024-05.jsonl"]
    assert len((await ledger.tail(tmp_path / "2024-04.jsonl")).rows) == 2


async def test_a_damaged_row_costs_itself_alone(tmp_path: Path) -> None:
    """It is named with its line; what stands before and after it counts."""
    ledger = Ledger(tmp_path)
    await ledger.add(row("1"))
    month = ledger.month_file(NOON)
    for junk in (
        b"{",
        b'{"version": 1}',
        b'["a"]',
        b"\xff\xfe",
        b'{"version": 1, "kind": "request", "cost_usd": "NaN"}',
    ):
        await asyncio.to_thread(append_line_now, month, junk)
    await ledger.add(row("2"))

    known = await history(ledger)

    assert [one.id for one in known.rows] == ["1", "2"]
    assert [line.partition(": ")[0] for line in known.damaged] == [f"{month}:{line}" for line in range(2, 7)]


def test_what_a_killed_writer_left_is_ended_by_the_next(tmp_path: Path) -> None:
    """Half a row at the end of the file does not swallow the row after it."""
    ledger = Ledger(tmp_path)
    asyncio.run(ledger.add(row("1")))
    with ledger.month_file(NOON).open("ab") as file:
        file.write(b'{"version": 1, "kind": "req')
    asyncio.run(ledger.add(row("2")))

    known = asyncio.run(history(ledger))

    assert ([one.id for one in known.rows], len(known.damaged)) == (["1", "2"], 1)


async def test_a_row_that_is_being_written_is_read_later(tmp_path: Path) -> None:
    """Reading on from where one was: the last line counts once it has its end."""
    ledger, line = Ledger(tmp_path), row("2")
    await ledger.add(row("1"))
    month = ledger.month_file(NOON)
    before = await ledger.tail(month)
    await ledger.add(line)
    whole = month.read_bytes()
    month.write_bytes(whole[:-10])
    torn = await ledger.tail(month, begins_at=before.ends_at, lines=before.lines)
    month.write_bytes(whole)
    after = await ledger.tail(month, begins_at=torn.ends_at, lines=torn.lines)

    assert (torn.rows, after.rows, after.lines) == ((), (line,), 2)


def test_four_processes_lose_no_row(tmp_path: Path) -> None:
    """A thousand rows of four writers at once, each whole."""
    writers = [
        subprocess.Popen([sys.executable, "-c", ONE_WRITER, str(tmp_path), name], cwd=Path(__file__).parents[2])
        for name in "abcd"
    ]
    assert [writer.wait() for writer in writers] == [0] * 4

    known = asyncio.run(history(Ledger(tmp_path)))

    assert len({one.id for one in known.rows}) == len(known.rows) == 1000
    assert total(known.rows).cost_usd == Decimal("0.001")
    assert not known.damaged


async def test_a_ledger_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """With the path, and what to do."""
    (tmp_path / "ledger").write_text("a file")

    with pytest.raises(TransientError, match=r"cannot write .*ledger") as caught:
        await Ledger(tmp_path / "ledger").add(row())

    assert caught.value.todo is not None


async def test_lines_of_the_report(tmp_path: Path) -> None:
    """By feed the dearest first, by month in order; an unknown cost stands beside the sum, and so does what is held."""
    ledger = Ledger(tmp_path)
    for entry in (
        row("1", feed="a"),
        row("2", feed="b", cost_usd=Decimal("0.5")),
        row("3", feed="a", cost_usd=None, error="the connection broke"),
        row("4", feed="a", time=datetime(2024, 3, 1, tzinfo=UTC)),
        Hold("5", NOON, "run-1", Decimal("0.25"), "here-1"),
        Hold("6", NOON, "run-1", Decimal("0.25"), "here-1"),
        Release("6", NOON),
    ):
        await ledger.add(entry)

    known = await history(ledger)

    by_feed = [
        (line.name, line.requests, line.cost_usd, line.unpriced, line.failed) for line in grouped(known.rows, "feed")
    ]
    assert by_feed == [("b", 1, Decimal("0.5"), 0, 0), ("a", 3, Decimal("0.02"), 1, 1)]
    assert [line.name for line in grouped(known.rows, "month")] == ["2024-03", "2024-04"]
    assert known.held_usd == Decimal("0.25")


def test_reading_grows_with_the_rows() -> None:
    """100,000 rows are ten times the work of 10,000."""
    from inkwell_pipeline.costs.ledger import _line, _tail

    line = _line(row()) + b"\n"

    assert growth(lambda length: _tail(line * length, 0, 0), 3000) < LINEAR


async def test_reading_100_000_rows_does_not_hold_the_loop(tmp_path: Path) -> None:
    """It is read and parsed in threads; the meter sees no turn of the loop that is as long as the reading."""
    from inkwell_pipeline.costs.ledger import _line
    from inkwell_pipeline.loop_meter import meter_loop

    ledger = Ledger(tmp_path)
    ledger.folder.mkdir(exist_ok=True)
    ledger.month_file(NOON).write_bytes((_line(row()) + b"\n") * 100_000)

    with meter_loop() as meter:
        began_s = asyncio.get_running_loop().time()
        known = await history(ledger)
        took_s = asyncio.get_running_loop().time() - began_s

    assert len(known.rows) == 100_000
    assert meter.longest_block_s < took_s / 10


def test_rows_are_plain_json_for_other_programs(tmp_path: Path) -> None:
    """One object a line, money as text: no float comes between."""
    asyncio.run(Ledger(tmp_path).add(row(cost_usd=Decimal("0.1"))))

    (line,) = (tmp_path / "2024-04.jsonl").read_text().splitlines()

    assert json.loads(line)["cost_usd"] == "0.1"
