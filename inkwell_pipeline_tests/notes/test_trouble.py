"""What the machine refuses: one line with the config's key, the path and what to do; nothing is lost, nothing half."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.errors import ConfigError, InkwellError, TransientError
from inkwell_pipeline.notes import Vault
from inkwell_pipeline.notes.names import folded
from inkwell_pipeline.notes.render import Rendered
from inkwell_pipeline.notes.vault import Placed
from inkwell_pipeline_tests.builders import episode
from inkwell_pipeline_tests.fakes.full_disk import no_room_for

ONE = episode()
NAME = "Podcasts/Rivers/2024-02-28 The gauge.md"


def write(folder: Path, words: str = "First words.\n", *, root: str = "vault") -> Placed:
    vault = Vault(folder / root, folder="Podcasts", data_dir=folder / "data", feeds=("rivers",))
    return vault.write(ONE, Rendered({"guid": "rivers-1", "inkwell_id": ONE.key}, words), words)


def told(folder: Path, words: str = "New words.\n") -> InkwellError:
    with pytest.raises(InkwellError) as caught:
        write(folder, words)
    assert "\n" not in str(caught.value)
    return caught.value


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("blocked", "key"), [("vault/Podcasts", "folder"), ("vault/Podcasts/Rivers", "folder")])
def test_a_file_where_a_folder_is_needed(tmp_path: Path, blocked: str, key: str) -> None:
    """The line names the file, and the key that can name another place."""
    (tmp_path / blocked).parent.mkdir(parents=True)
    (tmp_path / blocked).write_text("mine")

    error = told(tmp_path)

    assert str(error) == f"{tmp_path / blocked} is a file where a folder is needed"
    assert error.todo == f"move it, or choose another `{key}` in the config"
    assert isinstance(error, ConfigError)
    assert files_in(tmp_path) == [blocked]


@pytest.mark.parametrize("blocked", ["data", "data/notes"])
def test_our_own_data_s_folder_is_a_file(tmp_path: Path, blocked: str) -> None:
    """The note is written by then; the next run finds it, and all is as if nothing had been."""
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).touch()

    assert told(tmp_path).todo == "move it, or choose another `data_dir` in the config"
    (tmp_path / blocked).unlink()
    assert write(tmp_path, "Newer words.\n") == Placed(NAME, written=True)


def test_a_full_disk_costs_nothing_that_was_there(tmp_path: Path) -> None:
    """The old note stays whole, nothing half lies beside it, and another run may go well."""
    write(tmp_path)
    before = files_in(tmp_path)

    with no_room_for(5000):
        error = told(tmp_path, "New words.\n" * 1000)

    note = tmp_path / "vault" / NAME
    assert str(error) == f"cannot write {note}: File too large; nothing was changed there"
    assert error.todo == "make room where `vault` lies, then run again: what was done is kept"
    assert isinstance(error, TransientError)
    assert "First words." in note.read_text()
    assert files_in(tmp_path) == before


def test_a_full_disk_makes_no_half_note(tmp_path: Path) -> None:
    """Nor is its name taken by the attempt."""
    vault = Vault(tmp_path / "vault", folder="Podcasts", data_dir=tmp_path / "data", feeds=())
    with no_room_for(5000), pytest.raises(TransientError, match="File too large; nothing was changed there"):
        vault.write(ONE, Rendered({}, "New words.\n" * 1000), "1")
    assert files_in(tmp_path) == []

    assert vault.write(ONE, Rendered({}, "New words.\n"), "1").path == NAME


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_vault_that_nobody_may_write_to(tmp_path: Path) -> None:
    """Somebody has to change something; the line says what."""
    (tmp_path / "vault").mkdir(mode=0o500)

    error = told(tmp_path)

    assert str(error).endswith("Permission denied")
    assert error.todo == "`vault` in the config must name a folder that you may write to, with all below it"
    assert isinstance(error, ConfigError)


TITLES = st.text(max_size=300) | st.sampled_from(
    ["a", "A", "é", "e\u0301", "É", "a.", "a ", "ß", "ss", "con", "CON", "/"]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(TITLES, TITLES), min_size=2, max_size=3))
def test_no_two_episodes_share_a_file(tmp_path_factory: pytest.TempPathFactory, titles: list[tuple[str, str]]) -> None:
    """Whatever the shows' and the episodes' titles are, on any file system; and each is found again as its own."""
    folder = tmp_path_factory.mktemp("titles")
    episodes = [
        episode(key=f"{number:016}", show=show, title=title, guid=f"{number}")
        for number, (show, title) in enumerate(titles)
    ]

    def run(words: str) -> list[str]:
        vault = Vault(folder / "vault", folder="Podcasts", data_dir=folder / "data", feeds=("rivers",))
        return [
            vault.write(one, Rendered({"title": one.title, "inkwell_id": one.key}, words), words).path
            for one in episodes
        ]

    paths = run("First.\n")

    assert len({folded(path) for path in paths}) == len(episodes)
    assert all((folder / "vault" / path).resolve().is_relative_to((folder / "vault").resolve()) for path in paths)
    assert all(len(part.encode()) <= 255 for path in paths for part in Path(path).parts)
    assert run("Second.\n") == paths
    shutil.rmtree(folder / "data")
    assert run("Third.\n") == paths
    shutil.rmtree(folder)
