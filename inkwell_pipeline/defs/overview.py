"""What the UI shows of a feed as a whole: its episodes and where each stands, the newest note, numbers that plot.

Belongs here: Dagster's metadata for it. Does not: where an episode stands (`feed/due.py`), an asset's own figures and
table of one run (`metadata.py`), to which asset it is reported (`podcasts.py`).
Of links in Markdown Dagster keeps http alone: those that open Obsidian are entries of their own.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import dagster as dg

from inkwell_pipeline.defs.metadata import note_text, table_of
from inkwell_pipeline.feed import FeedState, Row, Standing, State
from inkwell_pipeline.files import read_bytes_now
from inkwell_pipeline.hosts import without_secrets
from inkwell_pipeline.models import Record

__all__ = ["obsidian_links", "overview"]

MOST_ROWS = 100  # the newest; all that still needs something comes besides
MOST_LINKS = 10
UNSETTLED = frozenset({"due", "in a run", "waiting", "given up"})
COUNTED: tuple[State, ...] = ("due", "in a run", "waiting", "done", "without transcript", "given up")
COLUMNS = ("episode", "state", "published", "why", "what to do", "note", "key")
LINKS = "| published | episode | audio | note |\n| --- | --- | --- | --- |"
SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")


def overview(stands: Standing, *, vault: Path) -> dict[str, dg.MetadataValue]:
    """The table of the episodes, newest first, the newest note, links, how many are in each state. Blocks.

    The table is Dagster's own, which it shows at once whatever its length; but it makes no link of a cell. So the links
    are a second table, in Markdown, which is a click away.
    """
    counted = [row for row in reversed(stands.rows) if row.state != "before"]
    shown = [row for place, row in enumerate(counted) if place < MOST_ROWS or row.state in UNSETTLED]
    states = Counter(row.state for row in counted)
    return {
        "episodes_of_the_feed": table_of([_record(row) for row in shown], COLUMNS),
        **_newest_note(counted, vault),
        "links": dg.MetadataValue.md("\n".join([LINKS, *map(_links, shown)])),
        **{state.replace(" ", "_"): dg.MetadataValue.int(states[state]) for state in COUNTED},
        "not_shown": dg.MetadataValue.int(len(counted) - len(shown)),
        "failures_in_a_row": dg.MetadataValue.int(stands.state.failures),
        **_of_host(stands.state),
    }


def obsidian_links(records: Sequence[Record], vault: Path) -> dict[str, dg.MetadataValue]:
    """A link for each of the newest notes of a run, which opens it in Obsidian."""
    paths = [vault / record.note for record in records if record.note][:MOST_LINKS]
    return {f"open {path.stem}": _obsidian_link(path) for path in paths}


def _obsidian_link(path: Path) -> dg.MetadataValue:
    """Opens a note by its absolute path. Source: Obsidian's help, "Obsidian URI", action `open`."""
    return dg.MetadataValue.url(f"obsidian://open?path={quote(str(path), safe='')}")


def _of_host(state: FeedState) -> dict[str, dg.MetadataValue]:
    """Where the feed is, and the times that its host is responsible for."""
    times = {
        "asked": state.asked_at,
        "changed": state.changed_at,
        "failing_since": state.failing_since,
        "not_before": state.held_until,
        "ended": state.gone_at,
    }
    said = {name: dg.MetadataValue.timestamp(moment) for name, moment in times.items() if moment is not None}
    moved = "; ".join(f"{move.at:%Y-%m-%d} to {without_secrets(move.to)} ({move.by})" for move in state.moves)
    return {
        "address": dg.MetadataValue.text(without_secrets(state.url) if "://" in state.url else state.url),
        **({"moved": dg.MetadataValue.text(moved)} if moved else {}),
        **({"error": dg.MetadataValue.text(state.error)} if state.error else {}),
        **said,
    }


def _newest_note(rows: Sequence[Row], vault: Path) -> dict[str, dg.MetadataValue]:
    """The note of the newest episode that has one: its path, a link, its text. Nothing where it was moved away."""
    noted = [row.progress.noted.note for row in rows if row.progress and row.progress.noted]
    if not noted or (data := read_bytes_now(vault / noted[0])) is None:
        return {}
    path = vault / noted[0]
    return {
        **note_text(data.decode(errors="replace")),
        "newest_note": dg.MetadataValue.path(path),
        "open_newest_note": _obsidian_link(path),
    }


def _record(row: Row) -> dict[str, str]:
    noted = row.progress.noted if row.progress else None
    return {
        "published": f"{row.published:%Y-%m-%d}" if row.published else "",
        "episode": row.title,
        "state": f"{row.state} until {row.until:%Y-%m-%d %H:%M} UTC" if row.until else row.state,
        **_trouble(row),
        "note": noted.note if noted else "",
        "key": row.key,
    }


def _trouble(row: Row) -> dict[str, str]:
    """Why it has no note yet, and what helps."""
    setback = row.progress.setback if row.progress else None
    if row.progress is None or setback is None or row.state in ("done", "without transcript"):
        return {"why": "", "what to do": ""}
    times = f" ({row.progress.failures} times)" if row.progress.failures > 1 else ""
    again = f'run `feed` with episodes: ["{row.key}"] to try it again' if row.state == "given up" else ""
    return {"why": setback.error + times, "what to do": "; ".join(filter(None, (setback.todo, again)))}


def _links(row: Row) -> str:
    noted = row.progress.noted if row.progress else None
    cells = (
        f"{row.published:%Y-%m-%d}" if row.published else "",
        _cell(row.title),
        f"[audio]({_address(row.audio_url)})" if row.audio_url else "",
        _cell(noted.note) if noted else "",
    )
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Words in a cell of a table, that are nothing but words."""
    return SIGNS.sub(r"\\\1", " ".join(text.split()))


def _address(url: str) -> str:
    return quote(url, safe="%/:=&?~#+!$,;'@*")
