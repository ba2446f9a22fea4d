"""Names that every file system and Obsidian can keep, for any title that a publisher thinks of."""

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.notes.names import folded, is_conflict_copy, note_name, safe_name, show_name

pytestmark = pytest.mark.fuzz

DAY = datetime(2024, 2, 28, 23, 59, tzinfo=UTC)
# Microsoft, "Naming Files, Paths, and Namespaces"; Obsidian's own list
ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f#^\[\]]')
RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789"
}

TITLES = st.text(max_size=400) | st.lists(
    st.sampled_from(["con", "COM1", ".", " ", "..", "/", "a", ":", "e\u200b\u0301", "\u200d", "#", "é", "🏳️‍🌈", "\x00"]),
    max_size=8,
).map("".join)


def is_legal(name: str) -> bool:
    """On Windows, macOS and Linux, as a file's name with `.md` and as a folder's."""
    return (
        bool(name.strip())
        and not ILLEGAL.search(name)
        and name.strip(" .") == name
        and name.partition(".")[0].rstrip().casefold() not in RESERVED
        and len(f"{name}.md".encode()) <= 255
    )


@given(TITLES)
@example("con.txt")
@example("aux .b")
@example("e\u200b\u0301")
@example("\u200d")
@example("x" * 179 + "é.")
def test_any_title_gives_a_legal_name(title: str) -> None:
    """One title out of thousands must not fail a run, or make a note that Windows' sync cannot take."""
    assert is_legal(safe_name(title))


@given(TITLES)
def test_a_name_is_in_nfc(title: str) -> None:
    """macOS and Linux would else have two names for one title."""
    assert unicodedata.is_normalized("NFC", safe_name(title))


@given(TITLES)
def test_a_safe_name_stays_as_it_is(title: str) -> None:
    """A name made of a name is that name, so that no two rules fight."""
    name = safe_name(title)

    assert safe_name(name) == name


@given(TITLES, st.datetimes(min_value=datetime(1990, 1, 1)) | st.none())  # noqa: DTZ001 - hypothesis wants it naive
def test_a_note_s_name_is_legal_with_its_mark_of_difference(title: str, published: datetime | None) -> None:
    """Date, title, a key in brackets and `.md` fit into 255 bytes together."""
    assert is_legal(f"{note_name(title, published)} (0123456789abcdef)")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rivers: a history", "Rivers - a history"),
        ("12:30 at night", "12-30 at night"),
        ("Either/or", "Either-or"),
        ('The "best" of C#', "The 'best' of C"),
        ("[Bonus] What now?", "(Bonus) What now"),
        ("../../etc", "-..-etc"),
        ("CON", "CON_"),
        ("nul.md", "nul_.md"),
        ("  Two\n\twords ", "Two words"),
        ("שלום: 1", "שלום - 1"),
        ("👩\u200d💻 🇮🇸", "👩\u200d💻 🇮🇸"),
        ("cafe\u0301", "café"),
        ("...", "Untitled"),
        ("", "Untitled"),
    ],
)
def test_a_name_is_as_near_to_the_title_as_may_be(title: str, name: str) -> None:
    """People look for the title in their list of files."""
    assert safe_name(title) == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("é" * 200, "é" * 90),  # bytes are what Linux counts
        ("x" * 300, "x" * 100),  # UTF-16 is what Windows counts, and the whole path
        ("x" + "👩\u200d💻" * 60, "x" + "👩\u200d💻" * 16),
        ("x" * 98 + "👩🏽\u200d💻", "x" * 98),
        ("x" * 97 + "👋🏽", "x" * 97),
        ("x" * 97 + "🇮🇸🇩🇪", "x" * 97),
        ("x" * 95 + "🇮🇸🇩🇪", "x" * 95 + "🇮🇸"),
        ("x" * 99 + "q\u0323\u0323", "x" * 99),
        ("q" + "\u0323" * 200, "q" + "\u0323" * 89),
    ],
)
def test_a_long_title_is_cut_between_characters_as_a_reader_sees_them(title: str, name: str) -> None:
    """Half a letter is none, half a flag another one, and a family without its joiners a crowd."""
    assert safe_name(title) == name


def test_a_long_show_leaves_room_for_the_title() -> None:
    """Windows counts the whole path, to 260."""
    path = f"{show_name('Rivers ' * 40)}/{note_name('The gauge ' * 30, DAY)} (012345).md"

    assert len(path) <= 260 - len("C:/Users/somebody/Documents/A vault/Podcasts/")


@given(TITLES, TITLES)
@example("CAFÉ", "cafe\u0301")
@example("ſ", "S")
def test_names_that_no_file_system_tells_apart_are_folded_alike(title: str, other: str) -> None:
    """In case and in form, in whichever order they are taken; and what is folded stays so."""
    one, two = safe_name(title), safe_name(other)

    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, one)) == folded(one)
        assert folded(unicodedata.normalize(form, one.upper())) == folded(one.upper())
    assert folded(folded(one)) == folded(one)
    assert (folded(one) == folded(two)) or one != two


@pytest.mark.parametrize(
    "stem", ["The gauge", "2024-02-28 Talk (with Ada)", "The gauge-off", "Room 101", "(conflicted)"]
)
def test_a_usual_name_is_no_copy_s(stem: str) -> None:
    """What sync tools call a copy is in `test_finding.py`."""
    assert not is_conflict_copy(stem)


def test_a_date_stands_in_front_and_is_the_episode_s() -> None:
    """Notes sort by it; without one, the title stands alone."""
    assert note_name("The gauge", DAY) == "2024-02-28 The gauge"
    assert note_name("The gauge", None) == "The gauge"
