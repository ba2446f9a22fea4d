"""Whole runs that ask a model: real processes, real SDKs, a fake provider and a podcast host on loopback.

`INKWELL_MODEL_KILLS` says in how many runs of 20 episodes a process is killed (default: 1; CI: 5; soak: 50),
`INKWELL_MODEL_RACES` in how many two runs share a budget (default: 1; soak: 100).
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.costs import History, Ledger, history, total
from inkwell_pipeline_tests.defs.show import Place, publish_show
from inkwell_pipeline_tests.fakes.note_taker import NOBODY_SAID, NoteTaker
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.providers import ModelProvider, Rates, Request

KILLS = int(os.environ.get("INKWELL_MODEL_KILLS", "1"))
RACES = int(os.environ.get("INKWELL_MODEL_RACES", "1"))
MODEL = "anthropic:claude-haiku-4-5"
RATES = Rates(Decimal(1), Decimal("1.25"), Decimal("0.1"), Decimal(5))
ON_ITS_WAY_S = 0.1  # from the end of an answer at its provider until it is in the cache of a busy machine
CACHED_RUN = """
import sys
from inkwell_pipeline.cli import main
main(["run"], standalone_mode=False)
from inkwell_pipeline.extraction.far_model import _process
here = {name.partition(".")[0] for name in sys.modules} & {"pydantic_ai", "anthropic", "openai", "genai_prices"}
print(sorted(here), "no process" if _process._child is None else "a process")
"""


@pytest.fixture
def place(host: PodcastHost, tmp_path: Path) -> Place:
    """A place whose config names a model, and a show of ten episodes at the host."""
    publish_show(host)
    place = Place(tmp_path / "place")
    place.configure(host, more=f"model: {MODEL}\n")
    return place


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelProvider]:
    with ModelProvider(NoteTaker(items=3), latency_s=0.05) as provider:
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        yield provider


def ledger_of(place: Place) -> History:
    return asyncio.run(history(Ledger(place.folder / ".inkwell" / "ledger")))


def prompt_of(request: Request) -> str:
    return sha256(request.prompt.text.encode()).hexdigest()


def paid_twice(provider: ModelProvider) -> int:
    """How many requests were billed whose very words had been billed before."""
    billed = Counter(prompt_of(request) for request in provider.asked if request.billed)
    return sum(times - 1 for times in billed.values())


def test_a_missing_key_is_one_line_before_anything_is_fetched(
    host: PodcastHost, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable that it is looked for in; neither the feed's host nor anybody else is asked."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    status, out, errors = place.run()

    assert status == 1
    assert errors.splitlines() == [
        f"  model {MODEL}: there is no key for anthropic in the environment",
        "    what to do: set ANTHROPIC_API_KEY, as the provider gave it to you, where this program runs",
    ], out
    assert host.asked == []


def test_a_run_makes_notes_whose_costs_are_exact(place: Place, provider: ModelProvider) -> None:
    """Every note names its model and what it cost; the ledger is the provider's own count, to the last digit."""
    status, out, errors = place.run()

    assert (status, errors) == (0, ""), out
    assert len(place.notes) == 10
    known = ledger_of(place)
    assert total(known.rows).cost_usd == provider.memory.cost_usd(RATES)
    assert len(known.rows) == len(provider.asked) == 40
    assert not known.damaged
    costs = [line for text in place.notes.values() for line in text.decode().splitlines() if "inkwell_cost_usd" in line]
    assert sum(Decimal(line.partition(": ")[2]) for line in costs) == provider.memory.cost_usd(RATES)
    assert all(f"inkwell_model: {MODEL}" in text.decode() for text in place.notes.values())

    asked = place.call("costs", "--by", "template")
    assert f"{provider.memory.cost_usd(RATES):.6f}" in asked.stdout.splitlines()[-1]
    assert {line.split()[0] for line in asked.stdout.splitlines()[1:-1]} == {"summary", "key-ideas", "quotes", "links"}


def test_a_cached_run_asks_nobody_and_imports_no_sdk(place: Place, provider: ModelProvider) -> None:
    """Neither here nor in the process that has them, which is not begun; a run that asks begins it."""
    said = []
    for _ in range(2):
        run = [sys.executable, "-c", CACHED_RUN]
        done = subprocess.run(run, cwd=place.folder, env=os.environ, capture_output=True, text=True, check=True)
        said.append((done.stdout.splitlines()[-1], len(provider.asked)))

    assert said == [("[] a process", 40), ("[] no process", 40)]


def test_an_estimate_asks_nobody_and_lies_around_what_it_costs(place: Place, provider: ModelProvider) -> None:
    """From below and above, for what is missing alone; no note is written, and nothing is in the ledger."""
    done = place.call("run", "--estimate")
    assert done.exit_code == 0, done.stderr
    assert place.notes == {}
    assert not provider.asked
    words = done.stdout.split()
    least, most = Decimal(words[-3].strip("$")), Decimal(words[-1].strip("$"))
    assert done.stdout.startswith("rivers: 40 requests, between $")

    assert place.run()[0] == 0
    made = (place.folder / ".inkwell" / "manifests" / "extraction" / "rivers" / "latest.json").read_bytes()

    assert least < provider.memory.cost_usd(RATES) < most
    assert place.call("run", "--estimate").stdout == "rivers: 0 requests, between $0.0000 and $0.0000\n"
    assert (place.folder / ".inkwell" / "manifests" / "extraction" / "rivers" / "latest.json").read_bytes() == made


def test_invented_quotes_are_in_no_note(host: PodcastHost, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of them is invented: none is shown, none of the true ones is lost."""
    liar = NoteTaker(items=8, invented=0.2)
    with ModelProvider(liar) as provider:
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        assert place.run()[0] == 0

    written = "\n".join(text.decode() for text in place.notes.values())
    assert liar.false
    assert NOBODY_SAID[:20] not in written
    for quote in set(liar.true):
        first_words = " ".join(quote.split()[:5]).strip(".?,")
        assert first_words in written


def test_four_processes_write_one_ledger(host: PodcastHost, tmp_path: Path, provider: ModelProvider) -> None:
    """Feeds of one config, run at once by four processes: not a row, nor a fraction of a cent, is lost."""
    publish_show(host, episodes=4)
    folder = tmp_path / "four"
    folder.mkdir()
    feeds = "".join(f"  feed{n}: {{url: '{host.url('/rivers.xml')}'}}\n" for n in range(4))
    (folder / "inkwell.yaml").write_text(f"allow_private_hosts: true\nmodel: {MODEL}\nfeeds:\n{feeds}")
    program = Path(sys.executable).parent / "inkwell-pipeline"
    runs = [
        subprocess.Popen([program, "run", "-q", f"feed{n}"], cwd=folder, env=os.environ, stdout=subprocess.DEVNULL)
        for n in range(4)
    ]
    assert [run.wait() for run in runs] == [0] * 4

    known = ledger_of(Place(folder))

    assert total(known.rows).cost_usd == provider.memory.cost_usd(RATES)
    assert len(known.rows) == len(provider.asked)
    assert not known.damaged


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_is_paid_for_once(host: PodcastHost, tmp_path: Path, provider: ModelProvider, seed: int) -> None:
    """`kill -9` at any moment of a run of 20 episodes: at most the requests under way are paid for again.

    An answer that its provider had sent less than a tenth of a second before counts as under way.
    """
    publish_show(host, episodes=20)
    place, chance = Place(tmp_path / "killed"), random.Random(seed)
    place.configure(host, more=f"model: {MODEL}\n", newest=20)
    process, wanted = place.start(), chance.randint(1, 80)
    until = time.monotonic() + 60
    while len(provider.asked) < wanted and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.1))
    killed_s = time.monotonic()
    process.kill()
    ended = [one.ended_s for one in list(provider.asked)]
    under_way = sum(1 for at_s in ended if at_s is None or at_s > killed_s - ON_ITS_WAY_S)
    process.communicate()
    provider.memory.wait_until(lambda memory: not memory.in_flight)

    status, out, errors = place.run()

    assert (status, errors) == (0, ""), out
    assert len(place.notes) == 20
    assert paid_twice(provider) <= under_way
    known = ledger_of(place)
    assert not known.damaged
    answered = {row.request_id for row in known.rows if row.request_id}
    assert len(answered) == len([row for row in known.rows if row.request_id])
    assert place.temporaries == []


@pytest.mark.parametrize("seed", range(RACES))
def test_two_runs_at_once_stay_within_one_budget(
    host: PodcastHost, tmp_path: Path, provider: ModelProvider, seed: int
) -> None:
    """A budget for two episodes and a half: the spend is below it, and one or two notes are whole."""
    publish_show(host, episodes=5)
    alone = Place(tmp_path / "alone")
    alone.configure(host, more=f"model: {MODEL}\n", newest=1)
    assert alone.run()[0] == 0
    budget = provider.memory.cost_usd(RATES) * Decimal("2.5")
    place, chance = Place(tmp_path / "two"), random.Random(seed)
    place.configure(host, more=f"model: {MODEL}\nbudget: {{monthly_usd: {budget}}}\n", newest=5)

    first = place.start()
    time.sleep(chance.uniform(0, 2))
    second = place.start()
    ended = [(run.communicate(), run.returncode) for run in (first, second)]

    assert [status for _, status in ended] == [1, 1], ended
    spent = total(ledger_of(place).rows).cost_usd
    assert spent <= budget
    assert 1 <= len(place.notes) <= 2, (spent, budget)


def test_the_ledger_has_a_row_a_request(place: Place, provider: ModelProvider) -> None:
    """Lines of JSON that any program can read: time, run, feed, episode, template, model, tokens, cost, request id."""
    assert place.run()[0] == 0

    (path,) = (place.folder / ".inkwell" / "ledger").glob("*.jsonl")
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    assert {"time", "run", "feed", "episode", "template", "model", "cost_usd", "request_id"} <= rows[0].keys()
    assert {row["feed"] for row in rows} == {"rivers"}
    assert {row["model"] for row in rows} == {MODEL}
    assert len({row["run"] for row in rows}) == 1
