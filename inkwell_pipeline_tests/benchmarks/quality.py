"""`make quality`: notes about real episodes, scored against what people wrote about the same ones.

Needs `../shared/quality` beside the checkout: its feeds, transcripts and scorer (which says what the columns mean).
Ends with 1 where the notes fall below what this version promises of the `offline` extractor. `make quality MODEL=…`
scores a model's, of which nothing is promised, and says what they cost: with `test` nothing, with a provider's the
requests of 20 episodes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline_tests.benchmarks.show import served

ROOT = Path(__file__).parents[2]
QUALITY = ROOT.parent / "shared" / "quality"
PORT = 8799  # the feeds name it
Scores = dict[str, dict[str, float]]
OFFLINE = "offline"
SHOWS = ("syntax", "haskell", "changelog")
AT_LEAST = {
    "bare": {"topic": 0.42, "q_verb": 1.0, "q_time": 0.98, "p_rec": 0.95},
    "full": {"l_rec": 0.97, "l_prec": 0.92},
}
AT_MOST = {"bare": {"ad_leak": 0.05, "filler": 0.08}}
HASKELL_R1 = 0.55  # its hosts announce an episode in the words of its description; the others do not
SHUFFLED = 1 / 3  # of `topic`: what the same lines at the wrong times may get
COLUMNS = (
    "topic",
    "topic_sh",
    "t_both",
    "R1",
    "R1c",
    "l_rec",
    "l_prec",
    "q_verb",
    "q_time",
    "ad_leak",
    "p_rec",
    "p_prec",
    "filler",
)


def main() -> None:
    """Prints a table for the feeds `bare` and `full`, and says what falls short."""
    if not QUALITY.is_dir():
        sys.exit(f"make quality needs {QUALITY.relative_to(ROOT.parent)} beside the checkout; there is none")
    model = sys.argv[1] if len(sys.argv) > 1 else OFFLINE
    kinds = ("bare", "full") if model == OFFLINE else ("bare",)  # the other says of links what the publisher gives
    scores = {kind: _score(kind, model) for kind in kinds}
    _print(scores)
    if model != OFFLINE:
        return
    if short := list(_short_of(scores)):
        sys.exit("below what is promised: " + ", ".join(short))


def _short_of(scores: Mapping[str, Scores]) -> Iterator[str]:
    for kind, found in scores.items():
        whole = found["all"]
        for name, least in AT_LEAST.get(kind, {}).items():
            if whole[name] < least:
                yield f"{kind} {name} {whole[name]:.3f} < {least}"
        for name, most in AT_MOST.get(kind, {}).items():
            if whole[name] > most:
                yield f"{kind} {name} {whole[name]:.3f} > {most}"
    bare = scores["bare"]
    if bare["haskell"]["R1"] < HASKELL_R1:
        yield f"bare R1 of haskell {bare['haskell']['R1']:.3f} < {HASKELL_R1}"
    if bare["all"]["topic_sh"] > bare["all"]["topic"] * SHUFFLED:
        yield f"bare topic_sh {bare['all']['topic_sh']:.3f} is more than a third of topic"


def _score(kind: str, model: str) -> Scores:
    """The scorer's columns by show, and for `all`."""
    with tempfile.TemporaryDirectory() as name, served(QUALITY / "open" / "site", port=PORT) as base_url:
        folder = Path(name)
        feeds = "".join(f"  {show}: {{url: {base_url}/{kind}/{show}.xml}}\n" for show in SHOWS)
        (folder / "inkwell.yaml").write_text(f"allow_private_hosts: true\nnewest: 100\nmodel: {model}\nfeeds:\n{feeds}")
        _call(["-m", "inkwell_pipeline.cli", "run"], folder)
        if model != OFFLINE:
            costs = _call(["-m", "inkwell_pipeline.cli", "costs", "--by", "template"], folder)
            sys.stdout.write(f"{kind}, by {model}:\n{costs}\n")
        scored = _call(
            [str(QUALITY / "score.py"), str(folder / "vault"), str(QUALITY / "open" / "gold.json"), "--json"], folder
        )
    found: Scores = json.loads(scored[: scored.rindex("}") + 1])
    return found


def _call(arguments: list[str], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InkwellError(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _print(scores: Mapping[str, Scores]) -> None:
    lines = [f"{'':15}" + "".join(f"{name:>9}" for name in COLUMNS)]
    for kind, found in scores.items():
        for show, row in found.items():
            cells = (f"{row[name]:9.3f}" if row.get(name) is not None else f"{'-':>9}" for name in COLUMNS)
            lines.append(f"{kind + ' ' + show:15}" + "".join(cells))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
