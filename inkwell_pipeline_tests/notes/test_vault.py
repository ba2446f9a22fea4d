"""Notes in a vault: each found wherever it was moved, none doubled, nothing of the user's overwritten."""

import re
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.models import Episode, Item, Section
from inkwell_pipeline.notes import Vault
from inkwell_pipeline.notes.render import render
from inkwell_pipeline.notes.vault import Placed
from inkwell_pipeline_tests.builders import episode, record

ONE = episode(key="1" * 16)
FIRST_NAME = "Podcasts/Rivers/2024-02-28 The gauge.md"


@dataclass
class Place:
    """A vault and its data; every call opens them anew, as every run does."""

    root: Path
    data: Path
    feeds: tuple[str, ...] = ("rivers",)

    def write(self, one: Episode = ONE, *, show_notes: str = "First words.", inputs: str = "1") -> Placed:
        rendered = render(
            one.model_copy(update={"show_notes": show_notes}), record(key=one.key), outline={}, sections={}
        )
        return self.vault().write(one, rendered, inputs)

    def vault(self) -> Vault:
        return Vault(self.root, folder="Podcasts", data_dir=self.data, feeds=self.feeds)

    def notes(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.md"))

    def text(self, path: str = FIRST_NAME) -> str:
        return (self.root / path).read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "vault", tmp_path / "data")


def test_a_note_lies_in_its_show_s_folder_under_date_and_title(place: Place) -> None:
    """`<vault>/<folder>/<show>/<date> <title>.md`; the path that is given is relative to the vault."""
    assert place.write() == Placed(FIRST_NAME, written=True)
    assert place.notes() == [FIRST_NAME]
    assert place.text().startswith("---\ntitle: The gauge\n")


def test_a_show_s_name_is_made_safe(place: Place) -> None:
    """A folder's name has the rules of a file's."""
    assert place.write(episode(show="../AC/DC: live?", published=None)).path == "Podcasts/-AC-DC - live/The gauge.md"


def test_two_episodes_with_one_title_and_day_are_two_notes(place: Place) -> None:
    """The second one's name has a mark of difference: neither overwrites the other."""
    other = episode(key="2" * 16)

    paths = [place.write().path, place.write(other).path]

    assert paths == [FIRST_NAME, "Podcasts/Rivers/2024-02-28 The gauge (222222).md"]
    assert f'inkwell_id: "{ONE.key}"' in place.text()


def test_a_second_write_touches_nothing(place: Place) -> None:
    """No new time, no sync, no reload in the editor: neither the note nor what we remember of it."""
    place.write()
    files = [place.root / FIRST_NAME, *place.data.rglob("*.json")]
    before = [(path.stat().st_mtime_ns, path.stat().st_ino) for path in files]

    assert not place.write().written

    assert [(path.stat().st_mtime_ns, path.stat().st_ino) for path in files] == before


def test_what_would_come_out_the_same_need_not_be_rendered(place: Place) -> None:
    """The inputs' digest and the file's tell; another input, another text or no file, and it has to be."""
    place.write(inputs="1")

    assert place.vault().unchanged(ONE, "1") == Placed(FIRST_NAME, written=False)
    assert place.vault().unchanged(ONE, "2") is None
    (place.root / FIRST_NAME).write_text(place.text() + "mine\n")
    assert place.vault().unchanged(ONE, "1") is None
    (place.root / FIRST_NAME).unlink()
    assert place.vault().unchanged(ONE, "1") is None


def test_a_note_that_was_moved_is_found_and_not_doubled(place: Place) -> None:
    """The user sorts their vault as they like; the note is brought up to date where it is."""
    place.write()
    moved = place.root / "Reading" / "gauges.md"
    moved.parent.mkdir()
    (place.root / FIRST_NAME).rename(moved)

    placed = place.write(show_notes="New words.", inputs="2")

    assert (placed.path, placed.written, place.notes()) == ("Reading/gauges.md", True, ["Reading/gauges.md"])
    assert "New words." in moved.read_text()


def test_a_title_that_changes_keeps_its_file(place: Place) -> None:
    """Links in the vault lead to it; the title within is the new one."""
    place.write()

    placed = place.write(ONE.model_copy(update={"title": "The ruler"}), inputs="2")

    assert (placed.path, place.notes()) == (FIRST_NAME, [FIRST_NAME])
    assert "title: The ruler\n" in place.text()


def test_a_foreign_file_with_our_name_is_never_overwritten(place: Place) -> None:
    """It was there first, and is not ours, even if it is empty."""
    foreign = place.root / FIRST_NAME
    foreign.parent.mkdir(parents=True)
    foreign.write_text("")

    assert place.write().path == "Podcasts/Rivers/2024-02-28 The gauge (111111).md"
    assert foreign.read_text() == ""


def test_where_every_name_is_taken_it_is_an_error(place: Place) -> None:
    """Better no note than another's lost."""
    for mark in ("", " (111111)", f" ({ONE.key})"):
        path = place.root / f"Podcasts/Rivers/2024-02-28 The gauge{mark}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")

    with pytest.raises(PermanentError, match=r"feed rivers, episode The gauge: .* belongs to something else"):
        place.write()


def test_without_our_data_a_note_is_found_by_its_id(place: Place) -> None:
    """`data_dir` is a cache, and may be deleted: no note is doubled, none of the user's words is lost."""
    place.write()
    edited = place.text().replace("First words.", "My words.")
    (place.root / FIRST_NAME).write_text(edited)
    shutil.rmtree(place.data)

    placed = place.write(show_notes="New words.", inputs="2")

    assert (placed.path, placed.edits, place.notes()) == (FIRST_NAME, ("Show notes (changed)",), [FIRST_NAME])
    assert place.text() == edited


@pytest.mark.parametrize("damage", [b"", b"{", b'{"version": 9}'])
def test_damaged_data_is_as_if_it_were_lost(place: Place, damage: bytes) -> None:
    """A file that a power cut broke fails no run."""
    place.write()
    for path in place.data.rglob("*.json"):
        path.write_bytes(damage)

    assert place.write().path == FIRST_NAME


def test_a_note_that_the_user_deleted_is_made_again(place: Place) -> None:
    """The run was asked for its episode."""
    place.write()
    (place.root / FIRST_NAME).unlink()

    assert place.write() == Placed(FIRST_NAME, written=True)


def test_what_lies_in_the_trash_is_no_note(place: Place) -> None:
    """Obsidian's `.trash` and other hidden folders are not looked through."""
    place.write()
    trash = place.root / ".trash" / "gauge.md"
    trash.parent.mkdir()
    (place.root / FIRST_NAME).rename(trash)

    assert place.write().path == FIRST_NAME


def test_an_id_in_the_text_of_a_note_makes_it_no_note_of_ours(place: Place) -> None:
    """Somebody writes about our properties; only those at the top count."""
    place.root.mkdir()
    (place.root / "about.md").write_text(f"# Notes\n\n---\ninkwell_id: {ONE.key}\n---\n")

    assert place.write().path == FIRST_NAME


def test_a_user_s_words_around_ours_stay(place: Place) -> None:
    """The whole way through the files: above, below, and the line ends of another system."""
    place.write()
    path = place.root / FIRST_NAME
    path.write_bytes(
        (place.text().replace("%% inkwell:begin", "Mine.\n\n%% inkwell:begin") + "\nMine, too.")
        .replace("\n", "\r\n")
        .encode()
    )

    placed = place.write(show_notes="New words.", inputs="2")

    data = path.read_bytes()
    assert (placed.written, placed.edits) == (True, ())
    assert b"---\r\nMine.\r\n\r\n%% inkwell:begin %%\r\n" in data
    assert data.endswith(b" %%\r\n\r\nMine, too.")
    assert b"New words." in data
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_note_that_is_no_utf_8_is_left_as_it_is(place: Place) -> None:
    """Nothing can be merged into it without guessing; the line has its path."""
    place.write()
    path = place.root / FIRST_NAME
    path.write_bytes(path.read_bytes() + b"caf\xe9")

    with pytest.raises(PermanentError, match=r"The gauge\.md is not UTF-8 text; it is left as it is"):
        place.write(inputs="2")
    assert path.read_bytes().endswith(b"caf\xe9")


def test_properties_that_cannot_be_read_are_told(place: Place) -> None:
    """The note is kept, and the run says that somebody has to mend it; later runs, which render nothing, say so too."""
    place.write()
    (place.root / FIRST_NAME).write_text(place.text().replace("title: The gauge", "title: ["))

    assert place.write(inputs="2") == Placed(
        FIRST_NAME, written=False, edits=("the properties (they are no YAML)",), readable=False
    )
    again = place.vault().unchanged(ONE, "2")
    assert again is not None
    assert not again.readable


def test_a_note_that_is_a_link_stays_one(place: Place, tmp_path: Path) -> None:
    """Some keep a vault in pieces: the words go to where the symbolic link leads."""
    place.write()
    elsewhere = tmp_path / "elsewhere.md"
    (place.root / FIRST_NAME).rename(elsewhere)
    (place.root / FIRST_NAME).symlink_to(elsewhere)

    place.write(show_notes="New words.", inputs="2")

    assert (place.root / FIRST_NAME).is_symlink()
    assert "New words." in elsewhere.read_text()


def test_an_outline_s_sections_reach_the_file(place: Place) -> None:
    """From a section to the disk, once through all of it."""
    one = {"summary": Section(kind="prose", heading="Summary", items=(Item(text="Rivers rise."),))}
    place.vault().write(ONE, render(ONE, record(key=ONE.key), outline=one, sections=one), "1")

    assert "\n## Summary\n\nRivers rise.\n%% inkwell:end " in place.text()


def test_what_the_user_saves_while_we_write_is_not_lost(place: Place) -> None:
    """An editor saves while ours waits for the disk: ours is made anew, with their words in it."""
    place.write()
    path = place.root / FIRST_NAME
    path.write_text(place.text() + "A long note.\n" * 1_000_000)  # long, so that the disk takes its time

    saved = path.with_suffix(".saving")
    saved.write_text(f"{path.read_text()}Mine.\n")

    def save_once() -> None:
        while not list(path.parent.glob(".*.tmp")):
            pass
        saved.replace(path)

    typist = threading.Thread(target=save_once)
    typist.start()
    place.write(show_notes="New words.", inputs="2")
    typist.join()

    assert place.text().endswith("Mine.\n")
    assert "New words." in place.text()


def test_a_run_beside_this_one_may_have_made_the_note(place: Place) -> None:
    """Both looked and saw none, one was faster: the other brings that note up to date, and there is no second."""
    rendered = render(ONE, record(key=ONE.key), outline={}, sections={})
    late = place.vault()
    late.write(episode(key="2" * 16, title="Another"), rendered, "1")  # it has looked through the vault now
    place.write()
    shutil.rmtree(place.data)

    late.write(ONE, rendered, "2")

    assert len(place.notes()) == 2
    assert FIRST_NAME in place.notes()


def test_a_note_without_its_id_is_still_the_one_that_we_left(place: Place) -> None:
    """Where it lies as it lay, with our marks in it: it gets its id back, and no double."""
    place.write()
    (place.root / FIRST_NAME).write_text(re.sub(r"inkwell_id: .*\n", "", place.text()))

    place.write(show_notes="New words.", inputs="2")

    assert place.notes() == [FIRST_NAME]
    assert re.search(rf"^inkwell_id: .?{ONE.key}", place.text(), re.MULTILINE)
