"""What must hold after weeks of a watched feed, whatever happened in them.

Belongs here: what is wrong with notes, runs and files. Does not: what happened (`simulation.py`).
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from inkwell_pipeline_tests.defs.places import NEWEST, progress_of
from inkwell_pipeline_tests.defs.watched import RUN_KEY_TAG, Watched
from inkwell_pipeline_tests.fakes.faulty_host import FaultyHost
from inkwell_pipeline_tests.fakes.publisher import ARCHIVE

__all__ = ["findings", "missing"]


def findings(watched: Watched, host: FaultyHost, *, newest: int = NEWEST) -> list[str]:
    """What is wrong in the end: nothing, if each episode has exactly one note and everybody was left in peace.

    `newest`: how many of the episodes the feed began with.
    """
    return [
        *_of_notes(watched, host, newest),
        *_of_runs(watched),
        *_of_files(watched),
        *(f"too early: {one}" for one in host.early),
    ]


def missing(watched: Watched, host: FaultyHost) -> set[int]:
    """The numbers of the episodes that should have a note and have none."""
    return _wanted(host, NEWEST) - {_number(text) for text in map(Path.read_text, watched.notes.values())}


def _of_notes(watched: Watched, host: FaultyHost, newest: int) -> Iterator[str]:
    episodes = {one.number: one for one in host.publisher.episodes}
    notes = Counter(_number(text) for text in map(Path.read_text, watched.notes.values()))
    wanted = _wanted(host, newest)
    yield from (f"no note: {episodes[number]}" for number in sorted(wanted - notes.keys()))
    yield from (f"{notes[number]} notes: {episodes[number]}" for number in sorted(notes) if notes[number] > 1)
    yield from (f"a note that nobody wanted: {episodes[number]}" for number in sorted(notes.keys() - wanted))
    offered = {one.number for one in host.publisher.window() if one.is_offered} & wanted
    for text in map(Path.read_text, watched.notes.values()):
        if _number(text) in offered and "inkwell_transcript: publisher" not in text:
            yield f"a note without the transcript that is offered: {episodes[_number(text)]}"


def _wanted(host: FaultyHost, newest: int) -> set[int]:
    """The newest that the feed had at first, and all that it showed later that was published since."""
    shown = {number for body in host.shown for number in body.numbers if number > ARCHIVE}
    return shown | set(sorted(host.shown[0].numbers)[-newest:]) if host.shown else shown


def _number(note: str) -> int:
    found = re.search(r"/audio/([0-9]+)\.mp3", note)
    assert found is not None, note
    return int(found[1])


def _of_runs(watched: Watched) -> Iterator[str]:
    runs = watched.instance.get_runs()
    keys = Counter(run.tags[RUN_KEY_TAG] for run in runs if RUN_KEY_TAG in run.tags)
    yield from (f"{number} runs with the key {key}" for key, number in keys.items() if number > 1)
    yield from (f"a run is still {run.status.value}" for run in runs if not run.is_finished)
    yield from (f"still asked for: {request}" for request in progress_of(watched).requests)


def _of_files(watched: Watched) -> Iterator[str]:
    yield from (f"left behind: {path}" for path in watched.settings.data_dir.rglob("*.tmp"))
    yield from (f"left behind: {path}" for path in watched.settings.vault.rglob("*.tmp"))
