"""A vault of 10,000 notes: what the first look costs, and finding and writing one note after it.

Belongs here: making such a vault, and its rows for `make bench`. Does not: whole runs (`runs.py`).
`python -m inkwell_pipeline_tests.benchmarks.vault` prints the rows alone.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inkwell_pipeline.models import Episode, episode_key
from inkwell_pipeline.notes import Vault
from inkwell_pipeline.notes.merge import Base, merge
from inkwell_pipeline.notes.render import Property, Rendered

__all__ = ["vault_rows"]

NOTES, A_SHOW, REPEATS = 10_000, 500, 20
FEED, FIRST_DAY = "bench", datetime(2000, 1, 1, tzinfo=UTC)
WORDS = "Rivers rise where nobody reads the ruler, and fall where everybody does. " * 12


def vault_rows(notes: int = NOTES) -> dict[str, list[float]]:
    """Seconds by what was done, each as often as it was measured, in a vault of so many notes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder / "vault", notes)

        def opened() -> Vault:
            return Vault(folder / "vault", folder="Podcasts", data_dir=folder / "data", feeds=(FEED, "other"))

        def write(vault: Vault, number: int, words: str) -> Callable[[], object]:
            return lambda: vault.write(_episode(number), _rendered(number, words), words)

        vault = opened()
        first = [_took_s(write(vault, number, "Other words.")) for number in range(1)]
        rows = {
            "first look, one note written": [*first, *(_took_s(write(opened(), n, "x")) for n in range(1, 5))],
            "a note that our data does not know": [
                _took_s(write(vault, number, "Other words.")) for number in range(100, 100 + REPEATS)
            ],
            "a note that was moved meanwhile": [_moved(folder, vault, number) for number in range(200, 200 + REPEATS)],
            "a new note": [_took_s(write(vault, notes + number, "New.")) for number in range(REPEATS)],
            "a note where we left it": [
                _took_s(write(vault, number, "Newer words.")) for number in range(100, 100 + REPEATS)
            ],
        }
    return {f"vault of {notes:,} notes: {row}": seconds for row, seconds in rows.items()}


def _fill(vault: Path, notes: int) -> None:
    """Shows of 500 episodes, each note as we write it."""
    for number in range(notes):
        path = vault / _path(number)
        if number % A_SHOW == 0:
            path.parent.mkdir(parents=True)
        path.write_text(merge(None, _rendered(number, WORDS), Base()).text)


def _moved(folder: Path, vault: Vault, number: int) -> float:
    (folder / "vault" / _path(number)).rename(folder / "vault" / f"moved {number}.md")
    return _took_s(lambda: vault.write(_episode(number), _rendered(number, "Other words."), "x"))


def _path(number: int) -> str:
    one = _episode(number)
    return f"Podcasts/{one.show}/{one.published:%Y-%m-%d} {one.title}.md"


def _episode(number: int) -> Episode:
    return Episode(
        key=episode_key(FEED, f"g-{number}"),
        feed=FEED,
        show=f"Show {number // A_SHOW}",
        title=f"Episode {number}",
        guid=f"g-{number}",
        published=FIRST_DAY + timedelta(days=number % A_SHOW),
        audio_url=f"https://example.com/{number}.mp3",
    )


def _rendered(number: int, words: str) -> Rendered:
    one = _episode(number)
    properties: dict[str, Property] = {
        "title": one.title,
        "aliases": [one.title],
        "podcast": one.show,
        "published": one.published.date() if one.published else None,
        "guid": one.guid,
        "audio": one.audio_url,
        "people": ["Ada Brook", "Bo Rill"],
        "tags": ["podcast"],
        "inkwell_id": one.key,
    }
    sections = "\n\n".join(f"## {title}\n\n{words}" for title in ("Summary", "Key ideas", "Quotes", "Links"))
    return Rendered(properties, f"*{one.show}*\n\n{sections}\n")


def _took_s(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    for row, seconds in vault_rows().items():
        median_ms, most_ms = statistics.median(seconds) * 1000, max(seconds) * 1000
        sys.stdout.write(f"{row:64} {median_ms:7.1f} ms, at most {most_ms:7.1f} ms\n")
