"""No bytes make a reader raise anything but its error, go back in time, or take long.

`corpus/` holds small nasty files of our own writing, read in every run; what a longer run finds is added there.
INKWELL_FUZZ_EXAMPLES raises the number of examples.
"""

import json
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkwell_pipeline.models import Transcript
from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.forms import Form
from inkwell_pipeline_tests.builders import as_html, as_json, as_text, srt, vtt
from inkwell_pipeline_tests.fuzzing import examples

pytestmark = pytest.mark.fuzz

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
SHARED = sorted((Path(__file__).resolve().parents[3] / "shared" / "data" / "transcripts").glob("*"))
SEEDS = [vtt(), srt(), as_json(), as_html(), as_text(), *(path.read_bytes() for path in CORPUS)]
REAL = [path.read_bytes()[:6000] for path in SHARED]
A_BYTE_S, AT_ALL_S = 40e-6, 1.0  # of the thread's own time; captions take less than 1 µs a byte
FORMS = st.sampled_from([None, *get_args(Form)])
fuzzed = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def check(data: bytes, declared: Form | None = None) -> None:
    """Reads `data` and looks at all that is promised of any segments."""
    began_s = time.thread_time()
    reading = error = None
    try:
        reading = read_transcript(data, declared=declared)
    except UnreadableTranscript as raised:
        error = raised
    took_s = time.thread_time() - began_s
    assert took_s < AT_ALL_S + A_BYTE_S * len(data), f"{took_s:.1f} s for {len(data)} bytes"
    if reading is None:
        assert "\n" not in str(error)
        return
    times = [segment.start_s for segment in reading.segments if segment.start_s is not None]
    assert all(a <= b for a, b in pairwise(times))
    for one in reading.segments:
        assert one.end_s is None or (one.start_s is not None and one.start_s <= one.end_s)
        assert one.text == " ".join(one.text.split()) != ""
        assert one.speaker is None or one.speaker.strip()
    canonical = Transcript(source="file", remarks=reading.remarks, segments=reading.segments).canonical()
    assert Transcript.model_validate_json(canonical.encode()).segments == reading.segments
    assert reading.segments


@pytest.mark.parametrize("path", CORPUS, ids=[path.name for path in CORPUS])
def test_the_corpus(path: Path) -> None:
    """As every form, since types lie."""
    for declared in (None, *get_args(Form)):
        check(path.read_bytes(), declared)


@fuzzed
@given(st.binary(max_size=400), FORMS)
def test_any_bytes(data: bytes, declared: Form | None) -> None:
    """Most are no text at all."""
    check(data, declared)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A file with bytes changed, pieces cut out, doubled, or put in from another file."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 60))
        match draw(st.sampled_from(["flip", "cut", "double", "mix", "end"])):
            case "flip":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length] * draw(st.integers(1, 20))
            case "mix":
                other = draw(st.sampled_from(seeds))
                begin = draw(st.integers(0, len(other)))
                data[at:at] = other[begin : begin + length]
            case "end":
                del data[at:]
    return bytes(data)


@fuzzed
@given(mutated(SEEDS), FORMS)
def test_files_that_were_damaged(data: bytes, declared: Form | None) -> None:
    """Of every form, and of the corpus."""
    check(data, declared)


@pytest.mark.skipif(not REAL, reason="the real transcripts are not beside this checkout")
@fuzzed
@given(st.data())
def test_real_files_that_were_damaged(data: st.DataObject) -> None:
    """What publishers serve, broken on the way."""
    check(data.draw(mutated(REAL)))


def pieces(*texts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(texts) | st.text(max_size=6), max_size=30).map("".join)


TIMES = ["00:01.000", "00:00:05,1", "9", "1:2", "00:xx", "", "9999999999", "00:00:03.000", " ", "1:00:00", "-1"]
CUES = st.lists(
    st.tuples(
        st.sampled_from(["", "1\n", "a name\n", "NOTE x\n", "STYLE\n"]),
        st.sampled_from(TIMES),
        st.sampled_from([" --> ", "-->", " -> ", "→", " "]),
        st.sampled_from(TIMES),
        st.sampled_from(["\n", " align:start\n", "\r\n"]),
        pieces(
            *("<v Ada>", "Hi", "\n", " ", "Bo Li: ", ">> ", "- ", "<c>", "</c>", "<00:00:01.000>", "&amp;", "<", "\r")
        ),
        st.sampled_from(["\n\n", "\n", " \n", ""]),
    ).map("".join),
    max_size=12,
)


@fuzzed
@given(st.sampled_from(["WEBVTT\n\n", "", "\ufeffWEBVTT - x\nKind: captions\n\n"]), CUES)
def test_cues(head: str, cues: list[str]) -> None:
    """By the grammar, and beside it."""
    check((head + "".join(cues)).encode("utf-8", "replace"), "vtt")


LINES = st.lists(st.sampled_from(["yeah", "a b", "a b c", " ", "<u>a</u> b", "a<00:00:01.000> b"]), max_size=3)


@fuzzed
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), LINES), max_size=14))
def test_rolling_cues(cues: list[tuple[int, int, list[str]]]) -> None:
    """Whatever rolls over whatever."""
    text = "".join(f"00:0{start}.000 --> 00:0{end}.000\n" + "\n".join(lines) + "\n\n" for start, end, lines in cues)
    check(f"WEBVTT\n\n{text}".encode(), "vtt")


NAMES = st.sampled_from(
    ["segments", "body", "text", "startTime", "endTime", "start", "speaker", "utterances", "id", "x"]
)
ODD_FLOATS = st.sampled_from([float("nan"), float("inf"), -1.0, 1e300])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ODD_FLOATS
    | st.sampled_from(["a b c", "00:01", " x"])
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
ENTRIES = st.lists(st.dictionaries(NAMES, VALUES, max_size=5) | VALUES, max_size=8)


@fuzzed
@given(VALUES | ENTRIES | ENTRIES.map(lambda entries: {"segments": entries}))
def test_json(document: object) -> None:
    """Any type of value under any name."""
    check(json.dumps(document).encode(), "json")


@fuzzed
@given(
    st.sampled_from(["", "<html><body>", "<p>"]),
    pieces(
        *("<cite>", " Ada: ", "</cite>", "<time>", "0:01", "</time>", "<p>", "</p>", " words ", "<br>", "<div>"),
        *("</div>", "<!--", "-->", "<h1>", "<script>", "&amp;", "<"),
    ),
)
def test_pages(head: str, page: str) -> None:
    """Elements in any order, closed or not."""
    check((head + page).encode("utf-8", "replace"), "html")


@fuzzed
@given(
    pieces(
        *("Ada Lo", ": ", "[0:01]", "(1:02:03)", "0:05", " ", "\n", "\n\n", "**", "*", "_", "words", "\\[", "](", "# "),
        *("[", "]", "---\n", " --> ", "> ", ".", "12:34:56.78", "Bo:"),
    )
)
def test_texts(text: str) -> None:
    """Names, times and marks in any order."""
    check(text.encode("utf-8", "replace"), "text")


CUE = "WEBVTT\n\n00:01.000 --> 00:02.000\n"
BOMBS = [
    *(
        (CUE, piece)
        for piece in ("<v ", "<v", "<v.x", "<", "<c>", "- ", ">> ", "A: ", "a\n", " \n", "&amp;", "a b: ", "[")
    ),
    ("WEBVTT\n\n", "\n\n\n"),
    ("WEBVTT\n\n", "1\n"),
    ("", "00:01.000 --> 00:02.000\n"),
    ("", "00:01.000 --> 00:02.000\na\n \n"),
    ("", "1" + " " * 50),
    ("", "1: "),
    ("", "-->"),
    ("", "--> \n"),
    *(
        ("", piece)
        for piece in ("[0:01]", "[0:01] a ", "A B (0:01): ", "A B (0:01): c\n", "0:01 ", "0:01 a\n", "Ada: ", "A\n")
    ),
    *(
        ("", piece)
        for piece in ("*a", "**a** ", "_", "[", "[a](", "\\", "\\[", "# a\n", "---\n", "- ", "> ", "a ", "é", "\r")
    ),
    *(("[", piece) for piece in ("[", '{"body": "a b c"},', '"', "1,")),
    ('{"segments": [', '{"start": 1, "text": "a"},'),
    *(
        ("<p>", piece)
        for piece in (
            "<div>",
            "<p>",
            "<cite>A",
            "<cite>A:</cite>",
            "<time>0:01</time>",
            "<b>",
            "a<br>",
            "&lt;",
            "<!-- ",
        )
    ),
    *(("<p ", piece) for piece in ("a='b' ", "a", "<", '"')),
    ("", "<!---->"),
    ("", "<?a>"),
    ("<html>", "<!---->"),
    ("---\n", "a: b\n"),
    ("Ada Lo: ", "words. Ada Lo: "),
    (CUE + "Bo Li: a\n\n00:01.000 --> 00:02.000\nBo Li: ", "words. Bo Li:"),
]


@pytest.mark.parametrize(("head", "piece"), BOMBS, ids=[repr((head[-9:], piece[:12])) for head, piece in BOMBS])
def test_what_is_repeated_for_ever_takes_no_more_than_its_length(head: str, piece: str) -> None:
    """A pattern that looks from each of them to the end of the text would hold the process for half a minute."""
    check((head + piece * (60_000 // len(piece))).encode())
