"""Real transcripts, as publishers and people made them. Runs where `../shared` is there."""

import json
import re
import runpy
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Manifest, Offer, Segment, Transcript
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.transcript import find_transcripts, read_transcript
from inkwell_pipeline.transcript.forms import declared_form
from inkwell_pipeline_tests.builders import episode, record

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "data" / "transcripts"
NO_TRANSCRIPT = (".notes.md", ".index.markdown", ".links.markdown")  # what people wrote about an episode
REAL = sorted(path for path in DATA.glob("*") if not path.name.endswith(NO_TRANSCRIPT))
PEOPLE_S = sorted((SHARED / "quality").glob("*/site/t/*.*"))


def read(path: Path) -> tuple[Segment, ...]:
    if not path.exists():
        pytest.skip("the real transcripts are not beside this checkout")
    return read_transcript(path.read_bytes(), declared=declared_form(path.name)).segments


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def said(segments: tuple[Segment, ...]) -> list[str]:
    return words(" ".join(segment.text for segment in segments))


@pytest.mark.parametrize("path", REAL, ids=[path.name for path in REAL])
def test_every_real_transcript_reads(path: Path) -> None:
    """Times go on, and the words hold no markup."""
    segments = read(path)
    times = [segment.start_s for segment in segments if segment.start_s is not None]

    assert times == sorted(times)
    assert times
    assert not any(re.search(r"-->|</?[vcp]\b|&\w+;|\*\*|\\", segment.text) for segment in segments)


@pytest.mark.parametrize(("one", "other"), [("srt", "json"), ("srt", "html"), ("json", "html")])
def test_one_episode_in_three_forms_is_nearly_the_same_words(one: str, other: str) -> None:
    """Buzzcast's: the files themselves differ by less than 1 %."""
    first, second = said(read(DATA / f"buzzcast.{one}")), said(read(DATA / f"buzzcast.{other}"))

    assert SequenceMatcher(None, first, second, autojunk=False).ratio() > 0.98


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("namespace-example.vtt", {"Gillian", "Sarah"}),
        ("namespace-example.json", {"Darth Vader", "Luke"}),
        ("namespace-example.html", {"Gilon", "Sarah", "Travis"}),
        ("namespace-example.srt", {"Gilon", "Sarah", "Travis"}),
        ("buzzcast.srt", {"Alban", "Dave", "Kevin", "Tom", "Travis"}),
        ("buzzcast.json", {"Alban", "Dave", "Kevin", "Tom", "Travis"}),
        ("buzzcast.html", {"Alban", "Dave", "Kevin", "Tom", "Travis"}),
        ("syntax-102.srt", {"Scott Tolinski", "Wes Bos", None}),
        ("podnews-weekly-2024-01-19.vtt", {None}),  # SPEAKER_1 to SPEAKER_4
        ("changelog-600.md", {"Benn Stancil", "Jerod Santo"}),
        (
            "haskell-interlude-41.transcript.markdown",
            {"Joachim Breitner", "Matthías Páll Gissurarson", "Moritz Angermann", "Narrator"},
        ),
    ],
)
def test_the_speakers_of_real_transcripts_are_known(name: str, speakers: set[str | None]) -> None:
    """As a listener would list them; None before the first is named."""
    assert {segment.speaker for segment in read(DATA / name)} == speakers


@pytest.mark.parametrize(
    ("name", "times_s"),
    [
        ("namespace-example.json", [0.5, 2.75]),
        ("youtube-dl.vtt", [286.07, 286.47, 304.08]),
        ("changelog-600.md", [495, 756, 962, 1200, 1456, 1676]),
        ("haskell-interlude-41.transcript.markdown", [15, 45, 94, 103]),
    ],
)
def test_the_times_of_real_transcripts_are_those_written(name: str, times_s: list[float]) -> None:
    """Looked up by hand."""
    times = [segment.start_s for segment in read(DATA / name) if segment.start_s is not None]

    assert times[: len(times_s)] == times_s


def test_youtube_s_rolling_captions_are_said_once() -> None:
    """As yt-dlp saves them."""
    assert [segment.text for segment in read(DATA / "youtube-dl.vtt")] == [
        "yeah",
        "what",
        "this will happen is I'm telling",
    ]


@pytest.mark.parametrize("path", PEOPLE_S, ids=[path.name for path in PEOPLE_S])
def test_human_transcripts_keep_every_word_speaker_and_time(path: Path) -> None:
    """Of a hundred files, each in one of two forms: the words of its paragraphs or cues, nothing more, in order."""
    segments = read(path)
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".html":
        marks = r"<cite>.*?</cite>|<time>.*?</time>|<p>[\w ]{2,40} \([\d: ]{4,9}\):|<[^>]+>|&gt;"
        assert said(segments) == words(re.sub(marks, " ", text))
        assert all(segment.speaker for segment in segments)
        written, missing = text.count("<time>"), sum(segment.start_s is None for segment in segments)
        assert len(segments) - missing >= written - 1  # one file has one time that goes back
    else:
        bare = re.sub(r"(?m)^\d+\n[\d:,]+ --> [\d:,]+\n(?:[A-Z][\w. ]{2,40}: )?", "", text.replace("\r\n", "\n"))
        assert said(segments) == words(bare)
        assert len(segments) == text.count(" --> ")


ODD = {
    "A VTT declared as SubRip": 7,
    "JSON declared as VTT, in its URL too": 2,
    "HTML declared as JSON": 10,
    "A VTT in UTF-16": 7,
    "A VTT with a byte order mark": 4,
    "An SRT with CRLF line ends": 222,
    "Rolling captions with inline times": 3,
    "An empty transcript": "no words",
    "A transcript that is not there": "the host answers 404",
    "A transcript that has moved": 222,
    "A transcript in a redirect loop": "redirects",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Offer, ...]]]:
    """The offers of the site's odd show by their episodes' titles, while the site is served."""
    if not (SHARED / "podcast_site.py").exists():
        pytest.skip("shared/podcast_site.py is not beside this checkout")
    out = tmp_path_factory.mktemp("site")
    with runpy.run_path(str(SHARED / "podcast_site.py"))["serve"](out):
        items = json.loads((out / "expected.json").read_text())["odd/feed.xml"]["items"]
        yield {
            item["title"]: tuple(Offer(url=one["url"], media_type=one["type"]) for one in item["transcripts"])
            for item in items
        }


@pytest.mark.parametrize("title", ODD)
async def test_the_odd_ones_are_read_or_fail_for_their_reason(
    title: str, odd: dict[str, tuple[Offer, ...]], tmp_path: Path, http: Http
) -> None:
    """Wrong types, encodings, redirects: by the number of segments, or by the error."""
    one = episode(title=title, offers=odd[title])
    cache = TranscriptionCache(tmp_path / "cache")
    report = await find_transcripts(
        Manifest(asset="feed", feed="odd", run_id="1", show="Odd", records=(record(key=one.key),)),
        [one],
        feed=FeedSettings("odd", "http://localhost/odd/feed.xml"),
        http=http,
        cache=cache,
        own_dir=tmp_path / "own",
        limit=1,
    )

    outcome = ODD[title]
    if isinstance(outcome, str):
        assert outcome in report.manifest.failures[0].error
    else:
        (entry,) = await cache.by_key([report.manifest.records[0].transcript or ""])
        assert entry is not None
        assert len(Transcript.model_validate_json(entry.value).segments) == outcome
