"""An entry's bytes: whatever text goes in comes out, and whatever bytes come in are an entry or none."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.cache.entry import PIECE, decoded, encoded

KEY = "ab" * 32
NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
WIDE = st.sampled_from(["x", "é", "→", "😀", "\ud83d", "\ude00", "\n"])  # 1, 2, 3, 4 bytes, and halves of a character

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
DATES = st.sampled_from([NOON.isoformat(), "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-04-01", "x"])
ABOUT = JSON | st.fixed_dictionaries(
    {
        "version": st.sampled_from([1, 2, True]) | JSON,
        "key": st.just(KEY) | JSON,
        "stored": DATES | JSON,
        "cost_usd": st.sampled_from([None, "0.1", "NaN", "1E+999999999999999999999"]) | JSON,
    }
)


def checked(content: bytes) -> bytes:
    """Bytes whose checksum is right."""
    return sha256(content).hexdigest().encode() + b"\n" + content


@given(value=ANY_TEXT, cost_usd=st.none() | st.decimals(allow_nan=False))
def test_an_entry_goes_round(value: str, cost_usd: Decimal | None) -> None:
    """Text, cost and date come back as they were; the size is that of the file."""
    data = b"".join(encoded(KEY, value, cost_usd, stored=NOON))

    entry = decoded(data, KEY)

    assert entry is not None
    assert (entry.key, entry.value, entry.cost_usd, entry.stored) == (KEY, value, cost_usd, NOON)
    assert entry.size_bytes == len(data)


@given(before=st.integers(PIECE - 4, PIECE + 1), middle=st.lists(WIDE, min_size=1, max_size=8), fill=WIDE)
def test_a_text_of_several_pieces_goes_round(before: int, middle: list[str], fill: str) -> None:
    """Wherever a piece's end falls, also within a character or between the halves of one."""
    value = "x" * before + "".join(middle) + fill * PIECE

    entry = decoded(b"".join(encoded(KEY, value, None, stored=NOON)), KEY)

    assert entry is not None
    assert entry.value == value


@given(st.binary(max_size=300) | st.binary(max_size=200).map(checked))
def test_any_bytes_are_an_entry_or_none(data: bytes) -> None:
    """Also such as have a right checksum: a foreign file raises nothing."""
    assert decoded(data, KEY) is None


@given(about=ABOUT, text=st.binary(max_size=50))
@example(about={"version": 1, "key": 5, "stored": NOON.isoformat(), "cost_usd": None}, text=b"")
@example(about={"version": 1, "key": KEY, "stored": "0001-01-01T00:00:00+23:59", "cost_usd": None}, text=b"")
def test_any_head_makes_an_entry_or_none(about: object, text: bytes) -> None:
    """Every field may be of any kind, and any date: what is no entry of ours is None, whichever key is asked for."""
    data = checked(json.dumps(about).encode() + b"\n" + text)

    for key in (KEY, None):
        entry = decoded(data, key)
        assert entry is None or isinstance(entry.key, str)


@given(place=st.integers(0, 400), bit=st.integers(0, 7), value=ANY_TEXT)
def test_a_flipped_bit_makes_it_none(place: int, bit: int, value: str) -> None:
    """In the checksum, the head or the text."""
    data = bytearray(b"".join(encoded(KEY, value, Decimal("0.1"), stored=NOON)))
    data[place % len(data)] ^= 1 << bit

    assert decoded(bytes(data), KEY) is None


@pytest.mark.parametrize("key", ["cd" * 32, "", KEY.upper()])
def test_another_keys_entry_is_none(key: str) -> None:
    """It is whole, but it answers another question; asked for any key's, it is one."""
    data = b"".join(encoded(KEY, "said", None, stored=NOON))

    assert decoded(data, key) is None
    assert decoded(data, None) is not None
