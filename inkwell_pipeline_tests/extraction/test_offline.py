"""The offline extractor: what its sections promise, for any transcript and for one that we know."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.extraction.analysis import analyse
from inkwell_pipeline.extraction.extractor import Extraction, Material
from inkwell_pipeline.extraction.offline import OfflineExtractor
from inkwell_pipeline.extraction.sections import section as made
from inkwell_pipeline.extraction.sentences import sentences
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.extraction.topics import FEWEST_LINES
from inkwell_pipeline.extraction.wording import readable
from inkwell_pipeline.models import Item, SectionKind, Segment, Transcript
from inkwell_pipeline_tests.growth import LINEAR, growth

KINDS: tuple[SectionKind, ...] = ("prose", "items", "quotes", "links")


def said(text: str, *, at_s: float | None = None, for_s: float = 10, by: str | None = "Ada") -> Segment:
    return Segment(start_s=at_s, end_s=None if at_s is None else at_s + for_s, speaker=by, text=text)


def transcript(segments: Sequence[Segment]) -> Transcript:
    return Transcript(source="publisher", segments=tuple(segments))


def section(segments: Sequence[Segment], kind: SectionKind, *, title: str = "") -> tuple[Item, ...]:
    return made(analyse(segments, title=title), kind).items


def template(kind: SectionKind) -> Template:
    return Template(name=kind, version="1", heading=kind.title(), output=kind, prompt="What matters?")


def about(subject: str, *, from_s: float) -> list[Segment]:
    """Two minutes on one subject: twelve whole sentences, all of them different."""
    claims = [
        "is the most important tool that a small workshop should have",
        "was never meant for people who have to work without a bench",
        "needs a dry room because the wood moves when the weather changes",
        "gets better when you learn to sharpen the blades yourself",
        "can be had second hand if you know which parts wear out",
        "makes a surface that no paper and no machine can match",
    ]
    texts = [f"The {subject} {claim}." for claim in claims]
    texts += [f"I think a good {subject} {claim}." for claim in claims]
    return [said(text, at_s=from_s + 10 * nth) for nth, text in enumerate(texts)]


SUBJECTS = (
    "spokeshave",
    "drawknife",
    "mallet",
    "bandsaw",
    "chisel",
    "lathe",
    "router",
    "jointer",
    "clamp",
    "plane",
)
EPISODE = [segment for nth, name in enumerate(SUBJECTS) for segment in about(name, from_s=120 * nth)]

PIECES = st.sampled_from(
    [
        *(
            "So, you know,",
            "the the",
            "Next up:",
            "compilers",
            "types.",
            "why?",
            "…",
            "“Never”",
            "and",
            "because it is",
        ),
        *(
            "example.com/path",
            "example dot com",
            "sponsored by",
            "Größe",
            "это",
            "今日は話します。",
            "♪",
            "Dr.",
            "x" * 700,
        ),
        *("I think you should always test the parser before the printer.", "[laughs]", "\u00a0", "..."),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map(" ".join))
TIMES = st.one_of(st.none(), st.floats())  # NaN and infinities too: captions are other people's files
SEGMENTS = st.lists(
    st.builds(
        Segment,
        start_s=TIMES,
        end_s=TIMES,
        speaker=st.sampled_from([None, "", "Ada", "Grace"]),
        text=TEXTS,
    ),
    max_size=25,
)


def words(segments: Sequence[Segment]) -> str:
    """All that was said, without spaces: where words are split is not the matter here."""
    return "".join("".join(segment.text.split()) for segment in segments)


@given(SEGMENTS)
@settings(deadline=None)
def test_any_segments_give_sections(segments: list[Segment]) -> None:
    """Captions are strangers' files: no text, time or speaker in them makes the extractor raise."""
    for kind in KINDS:
        section(segments, kind)


@given(SEGMENTS)
@settings(deadline=None)
def test_quotes_are_runs_of_the_transcript_s_words(segments: list[Segment]) -> None:
    """Only words that were said stand as a quote: none changed, none left out from inside, at least eight."""
    for quote in section(segments, "quotes"):
        assert "".join(quote.text.split()) in words(segments)
        assert len(quote.text.split()) >= 8


@given(SEGMENTS)
@settings(deadline=None)
def test_ideas_are_in_order_of_time(segments: list[Segment]) -> None:
    """A note is read from top to bottom, as the episode is heard, even where captions are out of order."""
    times = [item.start_s for item in section(segments, "items") if item.start_s is not None]

    assert all(a <= b for a, b in pairwise(times))


@given(SEGMENTS)
@settings(deadline=None)
def test_times_are_those_of_the_audio(segments: list[Segment]) -> None:
    """Whatever a file states, a line's time is a number of seconds, never before the start; or there is none."""
    for kind in ("items", "quotes", "links"):
        for item in section(segments, kind):
            assert item.start_s is None or 0 <= item.start_s < 1e8


@given(SEGMENTS)
@settings(deadline=None)
def test_no_word_is_lost_between_sentences(segments: list[Segment]) -> None:
    """Sentences share out the transcript's words: each is in one of them, in the order said."""
    assert "".join("".join(found.words) for found in sentences(segments)) == words(segments)


def test_an_idea_for_three_minutes_spread_over_the_episode() -> None:
    """One loud topic must not take all lines: neighbours stay half of the mean spacing apart."""
    ideas = section(EPISODE, "items")

    times = [item.start_s for item in ideas if item.start_s is not None]
    assert len(times) == len(ideas) == FEWEST_LINES
    assert all(b - a >= 20 for a, b in pairwise(times))


def test_an_idea_has_its_time_and_speaker() -> None:
    """A line that cannot be played is half a line."""
    starts = {segment.start_s: segment.text for segment in EPISODE}

    for item in section(EPISODE, "items"):
        assert (item.text, item.speaker) == (starts[item.start_s], "Ada")


def test_quotes_are_not_the_ideas_again() -> None:
    """Two sections with the same sentences would be one."""
    ideas = {item.text for item in section(EPISODE, "items")}
    quotes = {item.text for item in section(EPISODE, "quotes")}

    assert 3 <= len(quotes) <= 6
    assert not ideas & quotes


def test_a_quote_begins_where_its_first_word_was_said() -> None:
    """A cue may last a minute: the time is interpolated by words, and the quote is of one speaker."""
    filler = "Well, that was that. " * 10
    claim = "You should always measure the board twice before you cut it once."
    segments = [said(filler + claim, at_s=100, for_s=52)]  # 40 + 12 words in 52 seconds

    (quote,) = [item for item in section(segments, "quotes") if item.text == claim]
    assert quote.start_s == pytest.approx(140)


def test_a_quote_keeps_its_stutter_and_an_idea_does_not() -> None:
    """A line may be edited as an editor would; a quote never."""
    spoken = sentences([said("So, um, it's it's the best way, you know, to begin.")])[0].words

    assert readable(spoken) == "It's the best way, to begin."
    assert section([said("I think the the best tool is a good pencil.")], "quotes")[0].text.count("the") == 2


def test_sentences_go_on_from_caption_to_caption() -> None:
    """Captions break lines where the screen ends, not where the sentence does."""
    segments = [said("The plane needs a dry", at_s=0), said("room. It moves.", at_s=10)]

    assert [found.text for found in sentences(segments)] == ["The plane needs a dry room.", "It moves."]


def test_a_new_speaker_is_a_new_sentence() -> None:
    """Nobody is quoted with another's words."""
    segments = [said("I would say", by="Ada"), said("no, never.", by="Grace")]

    assert [(found.text, found.speaker) for found in sentences(segments)] == [
        ("I would say", "Ada"),
        ("no, never.", "Grace"),
    ]


def test_a_stop_in_an_abbreviation_ends_nothing() -> None:
    """ "Dr. Hopper" is one name, and "3.5" one number."""
    segments = [said("We met Dr. Hopper at 3.5 percent. She laughed.")]

    assert [found.text for found in sentences(segments)] == [
        "We met Dr. Hopper at 3.5 percent.",
        "She laughed.",
    ]


def test_unpunctuated_captions_are_cut_at_connectives() -> None:
    """Automatic captions have no stops: pieces of some 18 words, never beyond 40."""
    caption = "we were looking at the grain of the wood for hours because the light was so low that day"
    segments = [said(caption, at_s=5.0 * nth, for_s=5) for nth in range(40)]

    found = sentences(segments)
    assert all(len(each.words) <= 40 for each in found)
    assert sum(each.words[0] == "because" for each in found) > len(found) / 2
    assert section(segments, "items")


def test_untimed_text_gives_items_without_times() -> None:
    """A text without times is still worth reading; a time made up would be a lie."""
    segments = [segment.model_copy(update={"start_s": None, "end_s": None}) for segment in EPISODE]

    for kind in ("items", "quotes"):
        items = section(segments, kind)
        assert items
        assert all(item.start_s is None for item in items)


def test_a_sponsor_s_read_gives_no_line() -> None:
    """Nobody listens to remember an advertisement: neither its cue nor the words that only it has."""
    read = [
        "This part of the show is sponsored by Gluepot, the most important glue that you should have.",
        "Gluepot glue dries in a minute because its resin is the best there is.",
        "If you want Gluepot resin, use the code BENCH and get ten percent off.",
    ]
    advert = [said(text, at_s=600 + 3 * nth, for_s=3) for nth, text in enumerate(read)]
    segments = EPISODE[:60] + advert + EPISODE[60:]

    assert not any("glue" in item.text.lower() for kind in KINDS for item in section(segments, kind))


def test_the_summary_begins_with_the_host_s_announcement() -> None:
    """Nobody says better what an episode is about; the summary is one text."""
    host = said("In this episode we're going to talk about hand tools and how to care for them.", at_s=0)

    (item,) = section([host, *EPISODE[1:]], "prose")
    assert item.text.startswith("In this episode we're going to talk about hand tools")
    assert item.start_s is None


def test_links_are_the_addresses_that_were_said() -> None:
    """Written or spelled, once each, with the time; files, and names that captions tore apart, are none."""
    segments = [
        said("Go to example.com/tools. It is written in node.js.", at_s=0),
        said("Find us at example dot org slash podcast or at www.example.com/tools!", at_s=60),
        said("Head over to Log rocket.com today, or write to me@example.net.", at_s=90),
    ]

    assert [(item.url, item.start_s) for item in section(segments, "links")] == [
        ("https://example.com/tools", 0),
        ("https://example.org/podcast", 60),
    ]


def test_another_language_is_ranked_by_its_words() -> None:
    """No cue matches, and the counts still find what stands out; nothing is taken for a broken sentence."""
    texts = [
        *(
            "Der Hobel verlangt eine trockene Werkstatt.",
            "Eine Säge schneidet sauber, wenn die Zähne scharf sind.",
        ),
        *(
            "Gutes Holz wächst langsam und in kalten Gegenden.",
            "Leim hält länger, als der Tischler selbst lebt.",
        ),
        *(
            "Niemand braucht dafür teure Maschinen aus Übersee.",
            "Öl schützt die Oberfläche vor Wasser und Schmutz.",
        ),
        *(
            "Der Hobel liegt am Abend auf der Seite.",
            "Ein Zirkel misst genauer als jedes Lineal.",
            "Im Winter bleibt der Ofen in der Werkstatt aus.",
            "Jeder Lehrling schärft zuerst ein ganzes Jahr lang.",
        ),
    ]
    segments = [said(text, at_s=30.0 * nth) for nth, text in enumerate(texts)]

    assert len(section(segments, "items")) == FEWEST_LINES < len(texts)
    assert section([said("今日は新しい道具について話します。とても便利な道具だと思います。" * 3)], "items")


def test_three_sentences_are_enough() -> None:
    """A trailer has a summary and lines like any other."""
    segments = [said("We make chairs out of green wood. They last a hundred years. Come and see it done.")]

    assert section(segments, "prose")[0].text
    assert section(segments, "items")


@pytest.mark.parametrize("segments", [[], [said("")], [said(" … ♪ … ")]])
def test_nothing_said_gives_empty_sections(segments: list[Segment]) -> None:
    """An empty transcript is no error: its note has nothing under the headings."""
    assert [section(segments, kind) for kind in KINDS] == [()] * 4


def cues(number: int) -> list[Segment]:
    return [said(f"and then we cut board number {nth} again", at_s=2.0 * nth, for_s=2) for nth in range(number)]


def one_cue_of_an_hour(episodes: int) -> list[Segment]:
    return [said(" ".join(segment.text for segment in EPISODE * episodes), at_s=0, for_s=3600)]


@pytest.mark.parametrize(("segments", "length"), [(cues, 1_000), (one_cue_of_an_hour, 2)])
def test_work_grows_with_the_words(segments: Callable[[int], list[Segment]], length: int) -> None:
    """And not with their square, which for 10,000 cues would be minutes."""

    def extract(length: int) -> None:
        for kind in KINDS:
            section(segments(length), kind)

    assert growth(extract, length) < LINEAR


async def extracted(segments: Sequence[Segment], kinds: Sequence[SectionKind]) -> list[Extraction]:
    material = Material(transcript=transcript(segments), title="Hand tools", show="Bench")
    return [each async for each in OfflineExtractor().extract(material, [template(kind) for kind in kinds])]


async def test_each_template_gets_an_extraction_that_costs_nothing() -> None:
    """One per template, under its heading and of its kind; the price is known, and it is 0."""
    found = await extracted(EPISODE, KINDS)

    assert [(each.template.name, each.section.kind, each.section.heading) for each in found] == [
        (kind, kind, kind.title()) for kind in KINDS
    ]
    assert all(each.cost_usd == Decimal(0) for each in found)


async def test_the_same_transcript_gives_the_same_sections() -> None:
    """Results are cached under what goes in; another answer next time would make the cache a liar."""
    assert await extracted(EPISODE, KINDS) == await extracted(EPISODE, KINDS)


def test_identity_is_name_and_version() -> None:
    """It is a part of every cache key: a change of results without a change here would not be seen."""
    assert OfflineExtractor().identity == "offline:2"
