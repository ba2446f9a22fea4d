"""`make quality`: notes about real episodes, scored against what people wrote about the same ones.

Needs `../shared/quality` beside the checkout: its feeds, transcripts and scorer (which says what the columns mean).
Ends with 1 where the notes fall below what this version promises.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline_tests.benchmarks.show import served

ROOT = Path(__file__).parents[2]
QUALITY = ROOT.parent / "shared" / "quality"
PORT = 8799  # the feeds name it
SHOWS = ("syntax", "haskell", "changelog")
LEAST = {"topic": 0.25, "q_verb": 1.0}
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
    "filler",
)


def main() -> None:
    """Prints a table for the feeds `bare` and `full`."""
    if not QUALITY.is_dir():
        sys.exit(f"make quality needs {QUALITY.relative_to(ROOT.parent)} beside the checkout; there is none")
    scores = {kind: _score(kind) for kind in ("bare", "full")}
    _print(scores)
    short = [
        f"{name} {scores['bare'][name]:.3f} < {least}" for name, least in LEAST.items() if scores["bare"][name] < least
    ]
    if short:
        sys.exit("below what is promised: " + ", ".join(short))


def _score(kind: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, served(QUALITY / "open" / "site", port=PORT) as base_url:
        folder = Path(name)
        feeds = "".join(f"  {show}: {{url: {base_url}/{kind}/{show}.xml}}\n" for show in SHOWS)
        (folder / "inkwell.yaml").write_text(f"allow_private_hosts: true\nnewest: 100\nfeeds:\n{feeds}")
        _call(["-m", "inkwell_pipeline.cli", "run"], folder)
        scored = _call(
            [str(QUALITY / "score.py"), str(folder / "vault"), str(QUALITY / "open" / "gold.json"), "--json"], folder
        )
    found: dict[str, float] = json.loads(scored[: scored.rindex("}") + 1])["all"]
    return found


def _call(arguments: list[str], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InkwellError(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _print(scores: dict[str, dict[str, float]]) -> None:
    lines = [f"{'':6}" + "".join(f"{name:>9}" for name in COLUMNS)]
    for kind, row in scores.items():
        lines.append(f"{kind:6}" + "".join(f"{row[name]:9.3f}" if name in row else f"{'-':>9}" for name in COLUMNS))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
