"""What is a body: whole, decoded, of bounded size, or an error; and nobody waits while it is decoded."""

import asyncio
import gzip
import re
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import brotli
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inkwell_pipeline.bodies import read_body
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.http import Http
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost
from inkwell_pipeline_tests.fakes.raw_host import host_that_says, said

Pack = Callable[[bytes], bytes]
TEXT = b"The river rose a foot in the night. " * 20_000


def two_members(body: bytes) -> bytes:
    return gzip.compress(body[: len(body) // 2]) + gzip.compress(body[len(body) // 2 :])


def frameless(body: bytes) -> bytes:
    """What many hosts call deflate."""
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


def twice(body: bytes) -> bytes:
    packed: bytes = brotli.compress(gzip.compress(body, mtime=0))
    return packed


PACKS: dict[str, tuple[str, Pack]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "members": ("gzip", two_members),
    "deflate": ("deflate", zlib.compress),
    "frameless deflate": ("deflate", frameless),
    "br": ("br", brotli.compress),
    "lists": ("gzip, br", twice),
    "identity": ("identity , gzip", gzip.compress),
}
packs = pytest.mark.parametrize("pack", PACKS)


async def in_pieces(data: bytes, cuts: Sequence[int] = ()) -> AsyncIterator[bytes]:
    """`data` as it may come, cut anywhere, without a wait between the pieces."""
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for start, end in pairwise(places):
        yield data[start:end]


def read(data: bytes, coding: str, *, cuts: Sequence[int] = (), max_bytes: int = 10_000_000) -> bytes:
    """The body of `data`, each piece of which is decoded by itself."""

    async def reading() -> bytes:
        async with asyncio.timeout(60):
            return await read_body(in_pieces(data, cuts), content_encoding=coding, max_bytes=max_bytes, hop_bytes=1)

    return asyncio.run(reading())


bodies = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda part, times: part * times, st.binary(min_size=1, max_size=50), st.integers(1, 5_000)),
)
cuts = st.lists(st.integers(0, 400), max_size=20)


@given(body=bodies, cuts=cuts, pack=st.sampled_from(sorted(PACKS)))
def test_a_body_is_the_same_however_it_is_packed_and_cut(body: bytes, cuts: list[int], pack: str) -> None:
    """The network cuts where it likes, in the midst of a frame, too."""
    coding, packed = PACKS[pack]

    assert read(packed(body), coding, cuts=cuts) == body
    assert read(body, "", cuts=cuts) == body


@given(body=bodies, cuts=cuts, pack=st.sampled_from(sorted(PACKS)), data=st.data())
def test_what_is_packed_and_ends_too_early_is_never_a_body(
    body: bytes, cuts: list[int], pack: str, data: st.DataObject
) -> None:
    """Half a feed looks like a feed that has shed its episodes: the length of a packed body is not always told."""
    coding, packed = PACKS[pack]
    whole = packed(body)
    end = data.draw(st.integers(0, len(whole) - 1))
    # a gzip that ends with a member is one
    assume(pack != "members" or end != len(gzip.compress(body[: len(body) // 2])))

    with pytest.raises(TransientError, match="broke off in the midst of its"):
        read(whole[:end], coding, cuts=cuts)


@given(st.binary(max_size=200), cuts, st.sampled_from(["gzip", "deflate", "br", "gzip, br"]))
def test_no_bytes_raise_anything_but_errors_of_ours(junk: bytes, cuts: list[int], coding: str) -> None:
    """Strangers write them."""
    with suppress(InkwellError):
        read(junk, coding, cuts=cuts)


@packs
@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 98_272, 131_072, 720_000])
def test_sizes_at_which_a_step_ends_lose_nothing(pack: str, size: int) -> None:
    """A decoder that has just filled its piece may hold a rest, with nothing left to take in."""
    coding, packed = PACKS[pack]

    assert read(packed(TEXT[:size]), coding) == TEXT[:size]
    assert read(packed(bytes(size)), coding) == bytes(size)


@packs
async def test_a_packed_body_over_http(http: Http, pack: str) -> None:
    """As hosts send it."""
    coding, packed = PACKS[pack]
    async with host_that_says(said(packed(TEXT), f"Content-Encoding: {coding}")) as url:
        assert (await http.get(url, max_bytes=len(TEXT))).body == TEXT


async def test_hosts_are_told_what_may_be_sent(host: PodcastHost, http: Http) -> None:
    """A feed of 2 MB is 0.2 MB on its way."""
    await http.get(host.publish("/feed.xml", b"<rss/>"), max_bytes=100)

    assert host.requested["/feed.xml"]["Accept-Encoding"] == "gzip, deflate, br"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: %s\r\n\r\n"
BROKEN_OFF = {
    "nothing": b"",
    "in the head": said(b"x")[:20],
    "short of its length": said(b"x" * 1000)[:-1],
    "in a chunk": CHUNKED + b"5\r\nriv",
    "in a chunk's size": CHUNKED + b"5\r\nriver\r\n1",
    "before the last chunk": CHUNKED + b"5\r\nriver\r\n",
    "no chunk": CHUNKED + b"river\r\n",
    "in its gzip": UNTIL_CLOSED % b"gzip" + gzip.compress(TEXT, mtime=0)[:-1],
    "in its second gzip": UNTIL_CLOSED % b"gzip" + two_members(TEXT)[:-1],
    "in the first byte of its second gzip": UNTIL_CLOSED % b"gzip" + gzip.compress(TEXT, mtime=0) + b"\x1f",
    "in its brotli": UNTIL_CLOSED % b"br" + brotli.compress(TEXT)[:-1],
    "in its deflate": UNTIL_CLOSED % b"deflate" + zlib.compress(TEXT)[:-1],
    "before its gzip": UNTIL_CLOSED % b"gzip",
    "before its brotli": UNTIL_CLOSED % b"br",
    "in its gzip, with the right length": said(gzip.compress(TEXT, mtime=0)[:-8], "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("answer", BROKEN_OFF.values(), ids=BROKEN_OFF)
async def test_a_host_that_breaks_off_is_worth_a_retry(http: Http, answer: bytes) -> None:
    """Half a feed is no feed: it is never handed on as if it were whole."""
    async with host_that_says(answer) as url:
        with pytest.raises(TransientError, match="broke off"):
            await http.ask(url, max_bytes=10_000_000, patient=False)


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(TEXT, mtime=0)[:-8] + bytes(8), "gzip"),  # its checksum
        (gzip.compress(TEXT, mtime=0)[:500] + b"x" + gzip.compress(TEXT, mtime=0)[501:], "gzip"),
        (zlib.compress(TEXT)[:-4] + bytes(4), "deflate"),
        (brotli.compress(TEXT) + b"x", "br"),
        (b"<rss><channel>", "br"),
        (b"<rss><channel>", "deflate"),
    ],
    ids=["checksum", "gzip", "deflate", "more behind a brotli", "no brotli", "no deflate"],
)
def test_damage_is_worth_a_retry(packed: bytes, coding: str) -> None:
    """What comes between two machines and spoils bytes does not do so each time."""
    with pytest.raises(TransientError, match=f"the host's {coding} is damaged"):
        read(packed, coding)


@pytest.mark.parametrize("body", [b"no gzip at all", b"\x1fno", b"\x00\x00"])
def test_packed_bytes_that_are_none_are_an_error_for_good(body: bytes) -> None:
    """A host that says gzip and sends something else does so tomorrow, too."""
    with pytest.raises(PermanentError, match="says gzip, and sends something else"):
        read(body, "gzip")


@pytest.mark.parametrize("behind", [b"\x00" * 600, b"<!-- cached -->", b"x", b"\x00" + gzip.compress(b"x", mtime=0)])
@pytest.mark.parametrize(
    ("coding", "packed"), [("gzip", gzip.compress(TEXT, mtime=0)), ("deflate", zlib.compress(TEXT))]
)
def test_what_comes_behind_the_end_is_left_out(packed: bytes, coding: str, behind: bytes) -> None:
    """Padding, and comments that a cache adds: browsers show such pages. However it is cut."""
    end = len(packed)

    assert read(packed + behind, coding, cuts=[end, end + 1]) == read(packed + behind, coding) == TEXT


@pytest.mark.parametrize(
    ("coding", "told"),
    [
        ("zstd", "in a way that is not known: zstd"),
        ("gzip, compress", "in a way that is not known: compress"),
        ("\x1b[31m" + "é" * 100, "in a way that is not known: ?[31m" + "?" * 35),
        ("gzip, gzip, gzip, gzip", "more than 3 times"),
    ],
)
def test_codings_that_were_not_asked_for_are_an_error_with_their_name(coding: str, told: str) -> None:
    """The host's words, but not into a terminal as they are."""
    with pytest.raises(PermanentError, match=f"^the host packs its answer {re.escape(told)}$"):
        read(b"", coding)


@pytest.mark.parametrize("coding", ["", "identity", "none", "utf-8", "UTF-8", "binary", " , "])
def test_what_is_no_coding_leaves_a_body_as_it_is(coding: str) -> None:
    """Misconfigured hosts write a character set there; browsers take no notice."""
    assert read(b"<rss/>", coding) == b"<rss/>"


async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(host: PodcastHost, http: Http) -> None:
    """A feed without an end must not fill the memory."""
    url = host.publish("/feed.xml", b"x" * 1000)

    assert len((await http.get(url, max_bytes=1000)).body) == 1000
    with pytest.raises(PermanentError, match="larger than"):
        await http.get(url, max_bytes=999)


@packs
def test_the_limit_is_of_the_unpacked_body(pack: str) -> None:
    """Ten kilobytes of gzip hold ten megabytes: what counts is what it unpacks to."""
    coding, packed = PACKS[pack]

    assert read(packed(TEXT), coding, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(PermanentError, match="larger than"):
        read(packed(TEXT), coding, max_bytes=len(TEXT) - 1)


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: gzip.compress(bytes(100_000_000), 1)),
    "br": ("br", lambda: brotli.compress(bytes(100_000_000), quality=1)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(gzip.compress(bytes(100_000_000), 9))),
    "parts that hold nothing": ("gzip", lambda: gzip.compress(b"", mtime=0) * 60_000),
    "the same in brotli": ("gzip, br", lambda: brotli.compress(gzip.compress(b"", mtime=0) * 60_000)),
    "a gzip that comes to nothing": (
        "gzip",
        lambda: gzip.compress(b"", mtime=0)[:10] + b"\x00\x00\x00\xff\xff" * 400_000,
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_goes_off_in_little_memory(bomb: str) -> None:
    """It is given up at the limit, having held hardly more than that, also where it never comes to anything."""
    coding, packed = BOMBS[bomb]
    data = packed()
    tracemalloc.start()
    try:
        with pytest.raises(PermanentError, match=r"larger than 1 MB|in more than 10000 parts"):
            read(data, coding, cuts=range(0, len(data), 65_536), max_bytes=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000


def test_a_gzip_of_very_many_parts_is_refused() -> None:
    """A million that hold nothing are no body, but keep a thread at work; as many as a packer makes are read."""
    part = gzip.compress(b"", mtime=0)

    assert read(part * 1_000 + gzip.compress(b"<rss/>", mtime=0), "gzip") == b"<rss/>"
    with pytest.raises(PermanentError, match="packs its answer in more than 10000 parts"):
        read(part * 10_002, "gzip")


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_the_loop_is_everybodys_between_two_pieces(coding: str) -> None:
    """A host may send thousands of chunks of a byte in one packet: others have their turn after each."""
    data = gzip.compress(bytes(range(256)) * 4) if coding else b"x" * 1000
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    await read_body(in_pieces(data, range(len(data))), content_encoding=coding, max_bytes=10_000)
    other.cancel()

    assert turns >= len(data)
