"""A note is found wherever it went: moved, linked, with its feed or show renamed; and no copy is taken for it."""

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkwell_pipeline.models import Episode, episode_key
from inkwell_pipeline.notes import Vault
from inkwell_pipeline.notes.render import render
from inkwell_pipeline.notes.vault import Placed
from inkwell_pipeline_tests.builders import episode, record

FIRST_NAME = "Podcasts/Rivers/2024-02-28 The gauge.md"


@dataclass
class Place:
    """A vault and its data; every call opens them anew, as every run does."""

    root: Path
    data: Path

    def write(
        self,
        one: Episode,
        words: str = "First words.",
        *,
        feeds: tuple[str, ...] = ("rivers",),
        vault: Vault | None = None,
    ) -> Placed:
        said = one.model_copy(update={"show_notes": words})
        rendered = render(said, record(key=one.key), outline={}, sections={})
        return (vault or self.vault(feeds)).write(one, rendered, words)

    def vault(self, feeds: tuple[str, ...] = ("rivers",)) -> Vault:
        return Vault(self.root, folder="Podcasts", data_dir=self.data, feeds=feeds)

    def notes(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.md"))

    def text(self, path: str = FIRST_NAME) -> str:
        return (self.root / path).read_text()

    def move(self, to: str, path: str = FIRST_NAME) -> Path:
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        return (self.root / path).rename(self.root / to)

    def copy(self, to: str, path: str = FIRST_NAME) -> Path:
        return Path(shutil.copy(self.root / path, self.root / to))


def of(feed: str = "rivers", guid: str | None = "rivers-1", **changes: object) -> Episode:
    return episode(key=episode_key(feed, guid or "x"), feed=feed, guid=guid, **changes)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "vault", tmp_path / "data")


# a feed with another name


def test_a_feed_that_has_another_name_in_the_config_keeps_its_notes(place: Place) -> None:
    """Its episodes have other keys then. The note gets its new one, with all that we know of it: edits stay edits."""
    place.write(of())
    edited = place.text().replace("First words.", "My words.").replace("## Show notes", "## Notes\n\n## Show notes")
    (place.root / FIRST_NAME).write_text(edited)

    placed = place.write(of("brooks", duration_s=60), "New words.", feeds=("brooks",))

    assert (placed.path, place.notes()) == (FIRST_NAME, [FIRST_NAME])
    assert placed.edits == ("Notes (added)", "Show notes (changed)")
    assert "· 1:00 ·" in place.text()
    assert place.text().count(of("brooks").key) == 1
    assert place.write(of("brooks"), "New words.", feeds=("brooks",)).path == FIRST_NAME


def test_it_keeps_them_also_where_our_data_is_lost(place: Place) -> None:
    """And the note was moved. It is known by its guid and its show."""
    place.write(of())
    place.move("Reading/mine.md")
    shutil.rmtree(place.data)

    placed = place.write(of("brooks"), "New words.", feeds=("brooks",))

    assert (placed.path, place.notes()) == ("Reading/mine.md", ["Reading/mine.md"])
    assert "New words." in place.text("Reading/mine.md")


@pytest.mark.parametrize("data", ["kept", "lost"])
def test_a_note_of_another_configured_feed_is_its_own(place: Place, data: str) -> None:
    """A free and a paid feed of one show, with the same guids: a note each."""
    place.write(of())
    if data == "lost":
        shutil.rmtree(place.data)

    placed = place.write(of("paid"), feeds=("rivers", "paid"))

    assert placed.path != FIRST_NAME
    assert len(place.notes()) == 2
    assert of().key in place.text()


def test_an_episode_known_by_its_audio_keeps_its_note(place: Place) -> None:
    """The second one with its guid: its key is made of the audio's address, and so it is known as configured."""
    audio = "https://example.com/rivers/2.mp3"
    second = episode(key=episode_key("rivers", audio), audio_url=f"{audio}?x=1", title="Second")
    place.write(second)
    shutil.rmtree(place.data)

    place.write(of())

    assert len(place.notes()) == 2


def test_of_two_with_one_guid_that_with_the_same_audio_is_taken(place: Place) -> None:
    """And each just once, in whichever order they come."""
    two = [of(title=f"Part {n}", audio_url=f"https://example.com/{n}.mp3") for n in (1, 2)]
    for one in two:
        place.write(one.model_copy(update={"key": f"{one.title[-1] * 16}"}))
    shutil.rmtree(place.data)

    vault = place.vault(("brooks",))
    paths = [
        place.write(one.model_copy(update={"key": key * 16, "feed": "brooks"}), vault=vault).path
        for one, key in ((two[1], "b"), (two[0], "a"))
    ]

    assert [path[-9:] for path in paths] == ["Part 2.md", "Part 1.md"]
    assert len(place.notes()) == 2


@pytest.mark.parametrize("guid", ["it's", 'a"b\\c', "12", "ü: #1", "a\nb", "'", "https://h/?p=1&x=[2]"])
def test_a_guid_may_be_anything(place: Place, guid: str) -> None:
    """However YAML has to write it."""
    place.write(of(guid=guid))
    shutil.rmtree(place.data)

    place.write(of("brooks", guid), feeds=("brooks",))

    assert len(place.notes()) == 1


@pytest.mark.parametrize(("old", "new"), [("rivers-1", "rivers-10"), ("podcast: Rivers", "podcast: Brooks")])
def test_a_note_of_another_episode_or_show_is_not_taken(place: Place, old: str, new: str) -> None:
    """Numbers are guids of many shows."""
    place.write(of())
    (place.root / FIRST_NAME).write_text(place.text().replace(old, new))
    shutil.rmtree(place.data)

    place.write(of("brooks"), feeds=("brooks",))

    assert len(place.notes()) == 2


def test_a_show_that_has_another_title_keeps_its_notes(place: Place) -> None:
    """New episodes go to the folder of the new title."""
    place.write(of())

    again = place.write(of(show="Brooks"), "New words.")
    another = place.write(of(show="Brooks", guid="rivers-2", title="Next"))

    assert (again.path, another.path) == (FIRST_NAME, "Podcasts/Brooks/2024-02-28 Next.md")


# moved, and moved again


def test_a_note_that_is_moved_after_the_first_look_is_found(place: Place) -> None:
    """A run takes its time, and somebody sorts their vault meanwhile."""
    place.write(of())
    place.move("a.md")
    vault = place.vault()
    place.write(of(), "Second words.", vault=vault)
    place.move("Reading/b.md", "a.md")

    assert place.write(of(), "Third words.", vault=vault).path == "Reading/b.md"
    assert place.notes() == ["Reading/b.md"]


def test_a_note_that_became_another_s_after_the_first_look_is_not_written_to(place: Place) -> None:
    """Somebody gave the file to another episode, in place: its folder does not tell."""
    place.write(of())
    vault = place.vault()
    place.write(of(), "Second words.", vault=vault)
    path = place.root / FIRST_NAME
    path.write_bytes(place.text().replace(of().key, "f" * 16).replace("rivers-1", "other").encode())

    placed = place.write(of(), "Third words.", vault=vault)

    assert placed.path != FIRST_NAME
    assert "Second words." in place.text()


def test_long_properties_hide_no_id(place: Place) -> None:
    """The user's, before ours, are longer than what is read at first."""
    place.write(of())
    moved = place.move("a.md")
    moved.write_text(place.text("a.md").replace("---\n", f"---\nabstract: {'words ' * 5000}\n", 1))

    assert place.write(of(), "New words.").path == "a.md"


@pytest.mark.parametrize("line", ["inkwell_id: {key}", "inkwell_id: '{key}'  # x", '"inkwell_id": "{key}"'])
def test_an_id_is_known_however_it_is_written(place: Place, line: str) -> None:
    """Obsidian and its plugins write properties anew."""
    place.write(of())
    moved = place.move("a.md")
    moved.write_text(re.sub("inkwell_id: .*", line.format(key=of().key), place.text("a.md")))

    assert place.write(of(), "New words.").path == "a.md"


# links


def test_notes_behind_a_linked_folder_are_found(place: Place, tmp_path: Path) -> None:
    """Some keep a vault in pieces; a link that leads back into the vault is no way in circles."""
    place.write(of())
    (tmp_path / "elsewhere").mkdir()
    (place.root / FIRST_NAME).rename(tmp_path / "elsewhere" / "a.md")
    (place.root / "linked").symlink_to(tmp_path / "elsewhere")
    (place.root / "circle").symlink_to(place.root)
    (tmp_path / "elsewhere" / "back").symlink_to(place.root)

    assert place.write(of(), "New words.").path == "linked/a.md"


def test_a_link_to_a_note_is_no_copy_of_it(place: Place) -> None:
    """One file under two names is one note."""
    place.write(of())
    (place.root / "link.md").symlink_to(place.root / FIRST_NAME)
    (place.root / "nowhere.md").symlink_to("gone.md")
    (place.root / "A").symlink_to(place.root / "Podcasts")

    placed = place.write(of(), "New words.")

    assert (placed.path, placed.copies) == (FIRST_NAME, ())


# copies

COPIES = [
    "2024-02-28 The gauge.sync-conflict-20240301-120000-ABCDEFG.md",
    "2024-02-28 The gauge (Ada's conflicted copy 2024-03-01).md",
    "2024-02-28 The gauge (conflicted copy 2024-03-01 120000).md",
    "2024-02-28 The gauge (Conflicted copy Ada's Phone 202403011200).md",
    "2024-02-28 The gauge (1).md",
    "2024-02-28 The gauge 2.md",
    "2024-02-28 The gauge-ADAS-LAPTOP.md",
    "2024-02-28 The gauge.Conflict.md",
]


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("data", ["kept", "lost"])
def test_a_copy_that_a_sync_tool_made_is_left_alone_and_told(place: Place, name: str, data: str) -> None:
    """Also where the note was moved to a name that sorts after it, and nobody knows any more which we wrote."""
    place.write(of())
    copy = place.copy(f"Podcasts/Rivers/{name}")
    before = copy.read_bytes()
    if data == "lost":
        shutil.rmtree(place.data)
        place.move(
            "Podcasts/Rivers/The note of the user's, with a very long name of its own choice, longer than all.md"
        )
    (note,) = set(place.notes()) - {f"Podcasts/Rivers/{name}"}

    placed = place.write(of(), "New words.")

    assert (placed.path, placed.copies) == (note, (f"Podcasts/Rivers/{name}",))
    assert copy.read_bytes() == before
    assert "New words." in place.text(note)


def test_a_note_whose_own_name_looks_like_a_copy_s_is_the_note(place: Place) -> None:
    """Titles end in numbers. Only another file that says it is the same note makes one a copy."""
    one = of(title="The gauge, part 2")
    place.write(one)
    shutil.rmtree(place.data)

    placed = place.write(one, "New words.")

    assert (placed.path, placed.copies) == ("Podcasts/Rivers/2024-02-28 The gauge, part 2.md", ())


def test_where_the_note_is_deleted_its_copy_is_the_note(place: Place) -> None:
    """The user has settled the conflict so; a second note would bring it back."""
    place.write(of())
    place.move(f"Podcasts/Rivers/{COPIES[0]}")

    assert place.write(of(), "New words.").path == f"Podcasts/Rivers/{COPIES[0]}"
    assert len(place.notes()) == 1


# folders and names


def test_a_folder_that_is_spelled_almost_so_is_taken(place: Place) -> None:
    """`podcasts` and `Podcasts` are one folder on macOS and Windows; so are two forms of `é`."""
    (place.root / "podcasts" / "Cafe\u0301").mkdir(parents=True)

    assert place.write(of(show="CAFÉ")).path == "podcasts/Cafe\u0301/2024-02-28 The gauge.md"


def test_two_episodes_whose_names_differ_in_case_alone_are_two_notes_everywhere(place: Place) -> None:
    """On Linux they could lie side by side; a vault that is synced to a Mac would lose one."""
    vault = place.vault()
    place.write(of(title="The gauge"), vault=vault)

    second = place.write(of(guid="2", title="THE GAUGE"), vault=vault)
    third = place.write(of(guid="3", title="the gauge"))

    assert second.path == f"Podcasts/Rivers/2024-02-28 THE GAUGE ({of(guid='2').key[:6]}).md"
    assert third.path == f"Podcasts/Rivers/2024-02-28 the gauge ({of(guid='3').key[:6]}).md"


def test_two_feeds_with_one_show_title_share_a_folder_and_no_file(place: Place) -> None:
    """Nothing says that two shows cannot have one name."""
    paths = {place.write(of(feed, f"{feed}-1"), feeds=("rivers", "other")).path for feed in ("rivers", "other")}

    assert len(paths) == 2
    assert {str(Path(path).parent) for path in paths} == {"Podcasts/Rivers"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_cannot_be_looked_into_is_told(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Its notes would be made a second time; somebody should know why."""
    closed = place.root / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0)
    try:
        with caplog.at_level(logging.WARNING):
            place.write(of())
    finally:
        closed.chmod(0o700)
    assert caplog.messages == [f"{closed} cannot be looked through for notes: Permission denied"]
