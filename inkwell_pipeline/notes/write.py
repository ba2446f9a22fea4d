"""The asset `notes`: a note for every episode that has come this far.

Belongs here: what a note is made of, and skipping those that would come out the same. Does not: layout
(`render.py`), the vault's files (`vault.py`).
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.models import Episode, Manifest, Record, Section
from inkwell_pipeline.notes.layout import Layout, packaged_layout
from inkwell_pipeline.notes.render import RENDERER, Rendered, render
from inkwell_pipeline.notes.vault import Placed, Vault
from inkwell_pipeline.reports import Report
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed, in_thread

__all__ = ["write_notes"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Means:
    outline: Mapping[str, Section]
    extractions: ExtractionCache
    vault: Vault
    layout: Layout


@dataclass(frozen=True)
class _Done:
    record: Record
    placed: Placed


async def write_notes(
    manifest: Manifest,
    episodes: Sequence[Episode],
    *,
    outline: Mapping[str, Section],
    extractions: ExtractionCache,
    vault: Vault,
    limit: int,
    layout: Layout | None = None,
) -> Report:
    """A record with the note's path for each episode. `outline` has an empty section for each template, by its name.

    `episodes` are those of the manifest's records, in their order; at most `limit` are worked on at once. `layout`
    None: ours.
    """
    if layout is None:
        layout = await in_thread(packaged_layout)
    means = _Means(outline, extractions, vault, layout)
    remarks = await in_thread(vault.opening_remarks) if episodes else []
    records = {record.key: record for record in manifest.records}

    async def work(episode: Episode) -> _Done:
        return await _write(episode, records[episode.key], means)

    for remark in remarks:
        log.warning("%s", remark)
    done, failures = parted(await each_episode(work, episodes, limit=limit, asset="notes"))
    return Report(
        manifest=manifest.after("notes", records=[one.record for one in done], failures=failures),
        given=len(episodes),
        figures={
            "notes_written": sum(one.placed.written for one in done),
            "notes_unchanged": sum(not one.placed.written for one in done),
            "edits_kept": sum(bool(one.placed.edits) for one in done),
            "properties_unreadable": sum(not one.placed.readable for one in done),
        },
        remarks=(*remarks, *(line for one in done for line in (*_copies(one.placed), *_unreadable(one.placed)))),
    )


async def _write(episode: Episode, record: Record, means: _Means) -> _Done:
    """Raises: PermanentError (an extraction is no longer in the cache), what the vault raises."""
    inputs, placed = await in_thread(_look, episode, record, means)
    if placed is None:
        entries = await means.extractions.by_key(list(record.extractions.values()))
        values = {name: entry.value for name, entry in zip(record.extractions, entries, strict=True) if entry}
        if len(values) < len(record.extractions):
            says = "an extraction is no longer in the cache; materialise the asset `extraction` once more"
            raise PermanentError(says, feed=episode.feed, episode=episode.title)
        rendered = await computed(_rendered, episode, record, means, values)
        placed = await in_thread(means.vault.write, episode, rendered, inputs)
        if placed.written:
            log.info("%s: wrote %s", episode.title, placed.path)
    for line in _copies(placed):
        log.warning("%s", line)
    return _Done(record.model_copy(update={"note": placed.path, "edits": placed.edits}), placed)


def _copies(placed: Placed) -> list[str]:
    says = "says that it is the same note, as a copy of a sync tool does; it is left alone: take from it what you need"
    return [f"{copy} {says}, and delete it (the note is {placed.path})" for copy in placed.copies]


def _unreadable(placed: Placed) -> list[str]:
    says = "its properties are no YAML, and stay as they are: mend them, and ours are kept up to date again"
    return [] if placed.readable else [f"{placed.path}: {says}"]


def _look(episode: Episode, record: Record, means: _Means) -> tuple[str, Placed | None]:
    """A digest of what the note is made of, and the note, where it was made of the same and is as we left it."""
    inputs = _inputs(episode, record, means)
    return inputs, means.vault.unchanged(episode, inputs)


def _rendered(episode: Episode, record: Record, means: _Means, values: Mapping[str, str]) -> Rendered:
    sections = {name: Section.model_validate_json(value) for name, value in values.items()}
    return render(episode, record, outline=means.outline, sections=sections, layout=means.layout)


def _inputs(episode: Episode, record: Record, means: _Means) -> str:
    """A digest of all that a note is rendered from: the same digest, the same note."""
    remark = record.remark if record.source is None else None  # else it is about the run that read the transcript
    parts = [
        RENDERER,
        means.layout.digest,
        episode.model_dump_json(),
        record.model_copy(update={"note": None, "edits": (), "remark": remark}).model_dump_json(),
        *(f"{name} {section.model_dump_json()}" for name, section in means.outline.items()),
    ]
    return sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
