"""Whether the served audio is the one that was transcribed, by numbers alone; and a length read off its beginning."""

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.transcript.drift import HEAD_BYTES, Served, _Beginning, drift
from inkwell_pipeline.transcript.speech.length import length_of
from inkwell_pipeline_tests.builders import episode

URL = "https://example.com/rivers/1.mp3"
RATE = 8000


def served(
    *,
    stated_s: int | None = None,
    serves_s: float | None = None,
    stated_bytes: int | None = None,
    serves_bytes: int | None = None,
) -> Served:
    return Served(url=URL, stated_bytes=stated_bytes, stated_s=stated_s, size_bytes=serves_bytes, duration_s=serves_s)


@pytest.mark.parametrize(
    ("stated_s", "serves_s", "is_off"),
    [
        (1805, 1805.4, False),
        (1805, 1808.0, False),
        (1805, 1802.0, False),
        (1805, 1808.1, True),
        (1805, 1801.0, True),
        (1805, 1895.0, True),
        (1800, 1859.0, False),
        (1800, 1741.0, False),
        (1800, 1861.0, True),
    ],
)
def test_a_longer_audio_has_advertisements(stated_s: int, serves_s: float, is_off: bool) -> None:
    """Seconds are stated whole, and some publishers state minutes: there a minute says nothing."""
    assert (drift(served(stated_s=stated_s, serves_s=serves_s)) is not None) is is_off


def test_it_is_said_with_both_durations() -> None:
    """As players show them: the user sees how far off a time may be."""
    found = drift(served(stated_s=1805, serves_s=3725.5))

    assert found == "the feed says 30:05, the host serves 1:02:05"


def test_where_both_durations_are_known_bytes_do_not_count() -> None:
    """A larger picture in the tags, or another bit rate, moves no time."""
    assert drift(served(stated_s=1805, serves_s=1805.0, stated_bytes=10_000_000, serves_bytes=30_000_000)) is None


@pytest.mark.parametrize("known_s", [{"stated_s": 1000}, {"serves_s": 1000.0}])
@pytest.mark.parametrize(
    ("serves_bytes", "is_off"), [(10_020_000, False), (10_040_000, True), (9_960_000, True), (0, True)]
)
def test_bytes_count_by_how_long_they_last(known_s: dict[str, int], serves_bytes: int, is_off: bool) -> None:
    """At 10 KB a second four of them are 40 KB."""
    one = Served(
        url=URL,
        stated_bytes=10_000_000,
        size_bytes=serves_bytes,
        stated_s=known_s.get("stated_s"),
        duration_s=known_s.get("serves_s"),
    )

    assert (drift(one) is not None) is is_off


@pytest.mark.parametrize(("serves_bytes", "is_off"), [(10_090_000, False), (10_110_000, True), (0, True)])
def test_bytes_alone_count_by_the_hundred(serves_bytes: int, is_off: bool) -> None:
    """Nobody says how long they last."""
    assert (drift(served(stated_bytes=10_000_000, serves_bytes=serves_bytes)) is not None) is is_off


def test_bytes_are_said_as_people_read_them() -> None:
    """With what the feed says first."""
    assert drift(served(stated_bytes=10_000_000, serves_bytes=12_345_678)) == (
        "the feed says 10,000,000 bytes, the host serves 12,345,678"
    )


@pytest.mark.parametrize(
    "one",
    [
        served(),
        served(stated_s=1805),
        served(serves_s=1805.0),
        served(stated_s=0, serves_s=1805.0),
        served(stated_bytes=10_000_000),
        served(serves_bytes=10_000_000),
        served(stated_bytes=0, serves_bytes=10_000_000),
        served(stated_bytes=1, serves_bytes=10_000_000),
        served(stated_bytes=999, serves_bytes=10_000_000),
    ],
)
def test_where_nothing_can_be_compared_nothing_is_said(one: Served) -> None:
    """Many feeds state 0 or 1 byte: a stopgap is no measure."""
    assert drift(one) is None


NUMBERS = st.none() | st.integers(0, 10**12)


@given(NUMBERS, st.none() | st.floats(0, 1e6), NUMBERS, NUMBERS)
def test_no_numbers_break_it(
    stated_s: int | None, serves_s: float | None, stated_bytes: int | None, serves_bytes: int | None
) -> None:
    """Feeds and hosts say anything; what is said of them is one line."""
    found = drift(served(stated_s=stated_s, serves_s=serves_s, stated_bytes=stated_bytes, serves_bytes=serves_bytes))

    assert found is None or (found.startswith("the feed says ") and "\n" not in found)


@pytest.mark.parametrize(
    ("changes", "is_so"),
    [
        ({}, True),
        ({"audio_bytes": 8}, False),
        ({"duration_s": 8}, False),
        ({"audio_url": URL + "2"}, False),
        ({"audio_url": URL + "?token=2"}, True),  # private feeds sign theirs anew each time
    ],
)
def test_what_is_remembered_is_of_an_episode_as_it_was(changes: dict[str, int | str], is_so: bool) -> None:
    """A feed that states something new is a reason to ask anew; a new title is none."""
    known = served(stated_s=7, stated_bytes=7)

    assert known.is_of(episode(**{"title": "Another", "audio_bytes": 7, "duration_s": 7, **changes})) is is_so


def wav(seconds: float) -> bytes:
    """Silence, of one channel and two bytes a sample."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(2 * int(RATE * seconds)))
    return file.getvalue()


@pytest.mark.parametrize("seconds", [0.5, 4.0, 60.0, 300.25])
def test_a_length_is_read_off_the_beginning(seconds: float) -> None:
    """64 KB of any file, and all of one that is shorter; as it is of the whole."""
    whole = wav(seconds)

    found = length_of(_Beginning(whole[:HEAD_BYTES], len(whole)), "")

    assert found == pytest.approx(seconds)
    assert found == length_of(io.BytesIO(whole), ".wav")


def test_what_lies_further_on_is_not_taken_for_the_end() -> None:
    """A file whose length stands behind what was fetched has none, rather than a short one."""
    whole = wav(60)
    large = b"LIST" + (200_000).to_bytes(4, "little") + bytes(200_000)
    moved = whole[:12] + large + whole[12:]

    assert length_of(_Beginning(moved[:HEAD_BYTES], len(moved)), "") is None
    assert length_of(io.BytesIO(moved), ".wav") == pytest.approx(60)


def test_reading_beyond_is_an_error_and_the_end_is_the_file_s() -> None:
    """Whoever seeks from its end gets there; the tags of ID3v1, the last 128 bytes, are as if there were none."""
    file = _Beginning(b"0123456789", 1000)

    assert file.seek(0, io.SEEK_END) == file.tell() == 1000
    assert file.read(1) == b""
    assert file.seek(-128, io.SEEK_END) == 872
    assert file.read(3) == bytes(3)
    assert (file.seek(4), file.read(3), file.tell()) == (4, b"456", 7)
    assert (file.seek(1, io.SEEK_CUR), file.read(2)) == (8, b"89")
    with pytest.raises(ValueError, match="further on"):
        file.read(1)
    file.seek(8)
    with pytest.raises(ValueError, match="further on"):
        file.read()


FORMS = st.sampled_from(
    [
        wav(0.05)[:120],
        b"ID3\x04\0\0\0\0\0\x20" + bytes(32) + b"\xff\xfb\x90\x64" * 20,
        b"fLaC" + bytes(60),
        b"OggS" + bytes(60),
        b"\0\0\0\x20ftypM4A " + bytes(24) + b"\0\0\0\x28moov\0\0\0\x20mvhd" + bytes(40),
        b"FORM\0\0\0\x40AIFFCOMM\0\0\0\x12" + bytes(60),
    ]
)


@given(FORMS, st.lists(st.tuples(st.integers(0, 119), st.integers(0, 255)), max_size=8), st.integers(0, 5000))
def test_no_damage_breaks_it(form: bytes, changes: list[tuple[int, int]], more: int) -> None:
    """Whatever a host serves instead of audio: a length that can be true, or none."""
    data = bytearray(form)
    for at, value in changes:
        data[at % len(data)] = value

    found = length_of(_Beginning(bytes(data), len(data) + more), "")

    assert found is None or 0 < found < 1e6
