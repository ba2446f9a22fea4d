"""The user's own file: what it is called, whose it is, and how it is read."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.models import Episode
from inkwell_pipeline.transcript import UnreadableTranscript
from inkwell_pipeline.transcript.own_file import OwnFiles, guid_as_name, read_own, read_own_bytes
from inkwell_pipeline_tests.builders import LINES, episode, srt, vtt

FOLDER = Path("transcripts") / "rivers"


def names_of(one: Episode, *names: str, others: tuple[Episode, ...] = ()) -> list[str]:
    return [path.name for path in OwnFiles(FOLDER, names, [one, *others]).of(one)]


@pytest.mark.parametrize(
    ("guid", "name"),
    [
        ("rivers-1", "rivers-1"),
        ("https://example.com/?p=12", "https-example.com-p-12"),
        ("tag:example.com,2024:/é/1", "tag-example.com-2024-1"),
        ("Buzzsprout-14310617", "Buzzsprout-14310617"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", None),
        ("שלום", None),
        ("", None),
    ],
)
def test_a_guid_as_a_name(guid: str, name: str | None) -> None:
    """Most guids are addresses, and `/` stands in no name."""
    assert guid_as_name(guid) == name


@given(st.text(max_size=300))
def test_a_guid_s_name_is_one_name(guid: str) -> None:
    """No guid leads out of the folder, and none is too long for a file system."""
    name = guid_as_name(guid)

    assert name is None or (Path(name).name == name and len(name.encode()) <= 200 and not name.startswith("."))


def test_the_key_and_the_guid_name_a_file() -> None:
    """The key first, since it can be no other episode's; among forms, what can tell more."""
    one = episode(guid="https://example.com/1")
    names = ["https-example.com-1.vtt", f"{one.key}.txt", f"{one.key}.SRT", "other.vtt", f"{one.key}.docx", ".vtt"]

    assert names_of(one, *names) == [f"{one.key}.SRT", f"{one.key}.txt", "https-example.com-1.vtt"]


def test_a_name_of_two_guids_is_nobody_s() -> None:
    """One of them would get the other's words: there the key is needed."""
    one, other = episode(guid="https://example.com/1"), episode(key="f" * 16, guid="https://example.com?1")

    assert names_of(one, "https-example.com-1.vtt", others=(other,)) == []


def test_an_episode_without_a_guid_has_its_key() -> None:
    """An empty guid is no name."""
    one = episode(guid=None)

    assert names_of(one, f"{one.key}.md", ".md") == [f"{one.key}.md"]


async def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    """Most users never make it."""
    assert (await OwnFiles.look(tmp_path / "none", [episode()])).of(episode()) == []


@pytest.mark.parametrize(("name", "content"), [("1.vtt", vtt()), ("1.vtt", srt()), ("1.TXT", srt())])
async def test_a_file_is_read_by_what_is_in_it(tmp_path: Path, name: str, content: bytes) -> None:
    """As a publisher's is, whatever its suffix says."""
    (tmp_path / name).write_bytes(content)

    transcript = await read_own(tmp_path / name, await read_own_bytes(tmp_path / name))

    assert (transcript.source, [one.text for one in transcript.segments]) == ("file", list(LINES))


async def test_a_file_that_is_no_transcript_is_named(tmp_path: Path) -> None:
    """The user put it there, and can mend it."""
    with pytest.raises(UnreadableTranscript, match=r"1\.vtt cannot be read as a transcript: "):
        await read_own(tmp_path / "1.vtt", b"<html>")


async def test_what_is_no_file_is_an_error_at_once(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever for somebody to write."""
    (tmp_path / "folder.vtt").mkdir()
    os.mkfifo(tmp_path / "pipe.vtt")

    for path in (tmp_path / "folder.vtt", tmp_path / "pipe.vtt"):
        with pytest.raises(PermanentError, match="is no file"):
            await read_own_bytes(path)


async def test_a_file_has_a_limit(tmp_path: Path) -> None:
    """A recording with the wrong suffix is not read into memory."""
    path = tmp_path / "1.vtt"
    with path.open("wb") as file:
        file.truncate(20_000_001)

    with pytest.raises(PermanentError, match="larger than 20 MB"):
        await read_own_bytes(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """The system's words, with the path."""
    path = tmp_path / "1.vtt"
    path.write_bytes(vtt())
    path.chmod(0)

    with pytest.raises(TransientError, match=r"1\.vtt: Permission denied"):
        await read_own_bytes(path)


async def test_a_link_to_nowhere_is_an_error_with_its_name(tmp_path: Path) -> None:
    """It is listed, and cannot be read."""
    (tmp_path / "1.vtt").symlink_to(tmp_path / "gone.vtt")

    with pytest.raises(InkwellError, match=r"1\.vtt is no file"):
        await read_own_bytes(tmp_path / "1.vtt")
