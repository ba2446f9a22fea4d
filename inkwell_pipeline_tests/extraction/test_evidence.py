"""Only what was spoken stands as a quote, only what is so as a time or a link: an extractor is not believed."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.ascent import longest_ascent
from inkwell_pipeline.extraction.analysis import analyse
from inkwell_pipeline.extraction.evidence import proven
from inkwell_pipeline.extraction.pages import Published
from inkwell_pipeline.extraction.sections import section as offline
from inkwell_pipeline.extraction.spoken import Passage, Spoken
from inkwell_pipeline.extraction.wordforms import forms, weighty
from inkwell_pipeline.models import Item, Section, SectionKind, Segment, Transcript
from inkwell_pipeline.transcript import read_transcript
from inkwell_pipeline_tests.builders import LINES, transcript

KINDS: tuple[SectionKind, ...] = ("prose", "items", "quotes", "links")
SPOKEN = ("It’s a river, isn't it?", "Rivers rise — and fall.", "The café closed at 12:30.")
NOTHING = Published("")
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "inkwell_pipeline" / "sample" / "transcripts").iterdir())
SHARED = sorted((ROOT.parent / "shared" / "data" / "transcripts").glob("*.*"))
SHARED = [path for path in SHARED if not path.name.endswith((".notes.md", ".index.markdown", ".links.markdown"))]
INVENTED = (
    "Nobody has ever kept a promise that was written on the back of a menu.",
    "The violinist painted her garage with the patience of a retired dentist.",
    "Quantum cheese will replace every accountant before the glaciers notice.",
    "My grandmother smuggled telescopes across the frozen opera house.",
)


def quotes_of(*texts: str) -> Section:
    return Section(kind="quotes", heading="Quotes", items=tuple(Item(text=text) for text in texts))


def kept(*texts: str, said: tuple[str, ...] = SPOKEN) -> list[str]:
    return [item.text for item in proven(quotes_of(*texts), Spoken(transcript(*said)), NOTHING).items]


def found(text: str, *said: str) -> str | None:
    passage = Spoken(transcript(*said)).find(text)
    return passage.text if passage else None


def one(item: Item, *said: str, kind: SectionKind = "items", notes: str = "") -> tuple[Item | None, Section]:
    section = proven(
        Section(kind=kind, heading="H", items=(item,)), Spoken(transcript(*(said or LINES))), Published(notes)
    )
    return (section.items[0] if section.items else None), section


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Rivers rise — and fall.", "Rivers rise — and fall."),
        ("rivers rise, and FALL", "Rivers rise — and fall."),
        ("It's a river, isn’t it?", "It’s a river, isn't it?"),
        ("isn't it? Rivers rise", "isn't it? Rivers rise"),  # over the end of a segment
        ("The  café\nclosed", "The café closed"),
        ("the cafe\u0301 closed", "The café closed"),  # the same letters in another form
        ("river", "river"),
        ("it's a “river”", "It’s a river"),  # no comma at the end
        ("closed at 12", "closed at 12"),
    ],
)
def test_words_that_were_spoken_are_shown_as_the_transcript_has_them(text: str, shown: str) -> None:
    """Case, punctuation, white space and the forms of letters are a transcriber's, not the speaker's."""
    assert kept(text) == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "Rivers fall and rise.",  # another order
        "Rivers rise fall",  # a gap
        "Rivers rise … fall",  # parts that stand anywhere
        "vers rise and fall",  # a half word
        "Rivers always rise and fall.",  # fewer than seven words are exact
        "",
        "…",
        "— , . !",
    ],
)
def test_words_that_were_not_spoken_so_are_none(text: str) -> None:
    """Nobody finds their own name below words that they never said. A quote without a word says nothing."""
    assert kept(text) == []


def test_a_segment_without_words_parts_no_quote() -> None:
    """A dash, a note of music between two captions: what was said goes on. And it makes no quote of a mere sign."""
    shown = kept("Rivers rise and fall.", "…", said=("Rivers rise", "♪ —", "and fall."))

    assert shown == ["Rivers rise ♪ — and fall."]


def test_what_is_left_out_is_counted() -> None:
    """On top of what the extractor itself left out; the others keep their order."""
    section = quotes_of("and fall", "Never said", "Rivers rise").model_copy(update={"unverified": 1})

    checked = proven(section, Spoken(transcript(*SPOKEN)), NOTHING)

    assert ([item.text for item in checked.items], checked.unverified) == (["and fall.", "Rivers rise"], 2)


@pytest.mark.parametrize("kind", ["prose", "items", "links"])
def test_other_sections_are_not_quotes(kind: str) -> None:
    """A summary is in the extractor's own words."""
    section = Section.model_validate({"kind": kind, "heading": "H", "items": [{"text": "Never said", "start_s": 9}]})

    assert proven(section, Spoken(transcript(*SPOKEN)), NOTHING) is section


@given(st.data())
def test_any_run_of_spoken_words_is_found_where_it_is(data: st.DataObject) -> None:
    """Whatever was done to its capitals, signs and spaces; with the time of its first word."""
    words = " ".join(LINES).split()
    first = data.draw(st.integers(0, len(words) - 7))
    last = data.draw(st.integers(first + 7, len(words)))
    cases = st.sampled_from(["upper", "lower", "strip"])
    changed = [getattr(word.strip(".?,"), data.draw(cases))() for word in words[first:last]]
    signs = st.sampled_from([" ", "  ", "\n", ", ", " — ", "! ", "” ", " “"])
    text = "".join(word + data.draw(signs) for word in changed)

    passage = Spoken(transcript(*LINES)).find(text)

    assert passage is not None
    assert passage.text.rstrip(",") == " ".join(words[first:last]).rstrip(",")
    assert passage.start_s == pytest.approx(_time_of(first))


def _time_of(nth: int) -> float:
    """When the nth word of LINES was said: each line takes five seconds, shared by its words."""
    for at, line in enumerate(LINES):
        if nth < len(line.split()):
            return 5.0 * at + 5.0 * nth / len(line.split())
        nth -= len(line.split())
    raise AssertionError


@given(st.data())
def test_a_quote_with_small_edits_is_found_at_its_place(data: st.DataObject) -> None:
    """Up to 15 % of its words; what is shown has none of the edits."""
    words = " ".join(LINES).split()
    first = data.draw(st.integers(0, len(words) - 9))
    last = data.draw(st.integers(first + 9, len(words)))
    quote = words[first:last]
    edits = len(quote) * 13 // 100  # so that it is within 15 % of what is left, too
    for _ in range(edits):
        at = data.draw(st.integers(1, len(quote) - 2))
        edit = data.draw(st.sampled_from(["leave out", "add", "exchange"]))
        if weighty(forms(quote[at])[0]) and edit != "add":
            continue
        quote[at : at + 1] = {"leave out": [], "add": ["xylem", quote[at]], "exchange": ["xylem"]}[edit]

    passage = Spoken(transcript(*LINES)).find(" ".join(quote))

    assert passage is not None
    assert passage.text in " ".join(words[first:last])
    # next to an end, leaving out the words there may be fewer edits
    assert len(passage.text.split()) >= last - first - 2 * edits
    assert passage.start_s in [pytest.approx(_time_of(nth)) for nth in range(first, first + 2 * edits + 1)]


@given(st.permutations(range(9)).filter(lambda order: len(longest_ascent(order)) <= 6), st.integers(0, len(LINES) - 1))
def test_shuffled_words_are_no_quote(order: list[int], nth: int) -> None:
    """The same words in another order are another sentence: each that changes its place is an edit or two."""
    words = forms(LINES[nth])

    assert found(" ".join([*(words[at] for at in order), *words[9:]]), *LINES) is None


def test_small_edits_are_those_that_the_measure_allows() -> None:
    """One word of seven, none of six; the words shown run from the first to the last that is the same."""
    said = "a river gauge is a ruler that somebody promised to read"

    assert found("a river gauge is the ruler that", said) == "a river gauge is a ruler that"
    assert found("a river gauge is the ruler", said) is None
    assert found("a river gauge is the ruler this", said) is None
    assert found("my river gauge is a ruler that", said) == "river gauge is a ruler that"


@pytest.mark.parametrize(
    "quote",
    [
        "I do think that we should build the bridge before winter comes",  # left out
        "I do not think that we should not build the bridge before winter comes",  # added
        "I don't think that we should build the bridge before winter comes",  # exchanged
        "I never think that we should build the bridge before winter comes",
        "I do not think that we can't build the bridge before winter comes",
        "I do not think that no we should build the bridge before winter comes",
        "certainly think that we should build the bridge before winter comes",  # in its place at the end
    ],
)
def test_a_negation_is_never_a_small_edit(quote: str) -> None:
    """One word, and the opposite was said."""
    said = "I do not think that we should build the bridge before winter comes"

    assert found(said.upper(), said) == said
    assert found(quote, said) is None


@pytest.mark.parametrize("number", ["forty", "41", "4", "", "about"])
def test_a_number_is_never_a_small_edit(number: str) -> None:
    """In digits or in words: nobody wants to have said another one."""
    for said in ("fifty", "40", "400"):
        line = "we lost {} boats in the flood that came in spring"
        assert found(line.format(number), line.format(said)) is None


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("a river gauge is a ruler … to read every morning", LINES[2]),
        ("A river gauge... every morning", LINES[2]),
        ("is a ruler [...] promised to … morning", "is a ruler that somebody promised to read every morning."),
        ("… a river gauge is a ruler …", "A river gauge is a ruler"),
        ("every morning … a river gauge is a ruler", None),  # another order
        ("Welcome to the show … surprises are expensive", None),  # far apart
        ("a river gauge is a ruler … that nobody promised", None),
    ],
)  # fmt: skip
def test_a_quote_with_gaps_is_shown_without_them(quote: str, shown: str | None) -> None:
    """Its parts in their order, near each other, and all that was said between: nothing hides in a gap."""
    assert found(quote, *LINES) == shown


def test_an_ellipsis_hides_no_negation() -> None:
    """What an extractor left out is what the speaker said."""
    assert found("the old bridge is … safe", "I say the old bridge is not safe.") == "the old bridge is not safe."


def test_of_several_places_the_one_nearest_to_the_claimed_time_counts() -> None:
    """Without a claim the one that is the same to the last sign, else the first. Exact words go before edited ones."""
    said = Spoken(transcript("We measure the river today.", "And so on.", "we measure the river today"))

    assert said.find("WE measure the river") == Passage("We measure the river", 0.0, "Ada Brook")
    assert said.find("we measure the river today") == Passage("we measure the river today", 10.0, "Ada Brook")
    assert said.find("we measure the river today", near_s=2) == Passage("We measure the river today.", 0.0, "Ada Brook")
    assert said.find("we measure the river today", near_s=9) == Passage("we measure the river today", 10.0, "Ada Brook")

    said = Spoken(transcript("we measure the old river here today", "we measure the new river here today"))
    assert said.find("we measure the new river here today", near_s=0) == Passage(
        "we measure the new river here today", 5.0, "Ada Brook"
    )


def test_a_quote_over_two_speakers_is_nobodys() -> None:
    """It is still shown, with its time: both said it, under nobody's name."""
    segments = (
        Segment(start_s=0, end_s=5, speaker="Ada", text="I would say"),
        Segment(start_s=5, end_s=10, speaker="Bo", text="no, never."),
    )
    spoken = Spoken(Transcript(source="publisher", segments=segments))

    assert spoken.find("I would say no never") == Passage("I would say no, never.", 0, None)
    assert spoken.find("no never") == Passage("no, never.", 5, "Bo")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("新しい道具", "新しい道具"),
        ("新しい道具について話します。", "新しい道具について話します。"),
        ("新しい器具に", None),  # fewer than seven
        ("今日は新しい器具について話します", "今日は新しい道具について話します。"),  # one of 15
        ("今日は新しくない道具について話します", None),
        ("話します。とても便利", "話します。 とても便利"),
    ],
)
def test_without_spaces_each_character_is_a_word(text: str, shown: str | None) -> None:
    """Chinese and Japanese: a quote begins and ends within what stands between two spaces."""
    assert found(text, "今日は新しい道具について話します。とても便利な道具だと思います。") == shown


@given(st.lists(st.text(max_size=20), max_size=5), st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_nothing_is_lost_uncounted(quotes: list[str], said: list[str]) -> None:
    """Whatever the texts: kept and left out are all of them."""
    checked = proven(quotes_of(*quotes), Spoken(transcript(*said)), NOTHING)

    assert len(checked.items) + checked.unverified == len(quotes)


SIGNS = [
    "…",
    "—",
    "“Never",
    "said.”",
    "(what)",
    "12:30",
    "-5",
    "50%",
    "ﬁn",
    "½",
    "今日は。話",
    "cafe\u0301",
    "e.com.",
    "f.com,x",
]
HOSTS = ["https://a.com/x", "www.b.org", "c.net", "(d.io)", "example", "dot", "com", "slash", "a.comhttps://z.com"]
PIECES = st.sampled_from([*" ".join(LINES).split()[:20], *SIGNS, *HOSTS])
TEXTS = st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=14).map(" ".join))
TIMES = st.one_of(st.none(), st.floats(0, 100), st.just(float("nan")))
SPEAKERS = st.sampled_from([None, "", "Ada", "Bo"])
SEGMENTS = st.lists(st.builds(Segment, start_s=TIMES, end_s=TIMES, speaker=SPEAKERS, text=TEXTS), max_size=6)
ITEMS = st.builds(
    Item,
    text=TEXTS,
    start_s=TIMES,
    speaker=SPEAKERS,
    url=st.one_of(st.none(), TEXTS, st.sampled_from(["https://a.com/x", "javascript:alert(1)", "https://example.com"])),
    label=st.one_of(st.none(), TEXTS),
    said=st.one_of(st.none(), TEXTS),
)


@given(SEGMENTS, st.lists(ITEMS, max_size=4), st.sampled_from(KINDS), TEXTS)
@settings(deadline=None, max_examples=300)
def test_what_is_proven_stays_so(segments: list[Segment], items: list[Item], kind: SectionKind, notes: str) -> None:
    """Once more with the same transcript: nothing changes, nothing is counted twice, and no `said` is left."""
    spoken, published = Spoken(Transcript(source="file", segments=tuple(segments))), Published(notes)
    checked = proven(Section(kind=kind, heading="H", items=tuple(items)), spoken, published)

    assert repr(proven(checked, spoken, published)) == repr(checked)  # as text: NaN is not equal to itself
    assert all(item.said is None for item in checked.items)


@given(SEGMENTS)
@settings(deadline=None)
def test_the_offline_extractor_s_sections_are_proven_as_they_are(segments: list[Segment]) -> None:
    """They are the transcript's words already: text, time, speaker, address, whatever the captions."""
    said = Transcript(source="file", segments=tuple(segments))
    _stays(said)


@pytest.mark.parametrize("path", [*SAMPLES, *SHARED], ids=lambda path: path.name)
def test_and_so_are_those_of_real_transcripts(path: Path) -> None:
    """The bundled ones, and the publishers' where `../shared` is there."""
    _stays(_read(path))


def _stays(said: Transcript) -> None:
    spoken, analysis = Spoken(said), analyse(said.segments, title="Rivers")
    for kind in KINDS:
        section = offline(analysis, kind)
        assert proven(section, spoken, NOTHING) is section


def _read(path: Path) -> Transcript:
    return Transcript(source="file", segments=read_transcript(path.read_bytes()).segments)


@pytest.mark.parametrize("path", [*SAMPLES, *SHARED], ids=lambda path: path.name)
def test_one_invented_quote_in_five_never_shows_and_costs_no_true_one(path: Path) -> None:
    """True ones as models give them: other capitals and quotation marks, an "um" left out, a time that is a bit off."""
    said = _read(path)
    words = [word for segment in said.segments for word in segment.text.split()]
    rng, true = random.Random(7), []
    for _ in range(4 * len(INVENTED)):
        first = rng.randrange(max(1, len(words) - 30))
        run = words[first : first + rng.randrange(8, 30)]
        within = [at for at in range(1, len(run) - 1) if [weighty(form) for form in forms(run[at])] == [False]]
        if len(forms(" ".join(run))) >= 14 and within:
            del run[rng.choice(within)]
        true.append("“" + " ".join(run).capitalize() + "”")
    given_ = [*true, *INVENTED]
    rng.shuffle(given_)

    checked = proven(quotes_of(*given_), Spoken(said), NOTHING)

    assert (len(checked.items), checked.unverified) == (len(true), len(INVENTED))
    everything = " ".join(forms(" ".join(words)))
    assert all(" ".join(forms(item.text)) in everything for item in checked.items)


def test_an_item_has_the_time_of_the_words_it_rests_on() -> None:
    """And their speaker. The words themselves are not kept."""
    item, section = one(Item(text="Gauges.", start_s=99, said="A river gauge is a rule that somebody promised to"))

    assert item == Item(text="Gauges.", start_s=10, speaker="Ada Brook")
    assert section.untimed == 0


@pytest.mark.parametrize("said", ["A river is a promise that nobody reads.", "", "…"])
def test_an_item_whose_words_were_not_said_has_no_time(said: str) -> None:
    """It stays, for it is in the extractor's own words; a time that is made up does not."""
    item, section = one(Item(text="Gauges.", start_s=10, speaker="Bo", said=said))

    assert item == Item(text="Gauges.")
    assert section.untimed == 1


SAID = ("Go to Example.com for more.", "We wrote to rivers dot org slash gauges.", "I like www.floods.net/Old/.")
NOTES = """<p>See <a href="https://www.shop.com/a?utm_source=x&amp;id=1#top">the shop</a>, river.museum/map;
<b>The Gauge Book</b>, https://a.net/?u=https://b.net/x"""


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://www.example.com/",
        "https://rivers.org/gauges",
        "https://rivers.org/",
        "https://floods.net/old?utm_source=model",
        "https://shop.com/a?id=1#top",
        "HTTPS://river.museum/map/",
        "https://river.museum",
    ],
)
def test_an_address_that_was_said_or_published_stays(url: str) -> None:
    """As it is: scheme, www., tracking and a slash at the end make no other page."""
    item, section = one(Item(url=url, label="Somewhere"), *SAID, kind="links", notes=NOTES)

    assert (item, section.links_dropped) == (Item(url=url, label="Somewhere"), 0)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/more",  # a path that nobody named
        "https://notexample.com",
        "https://sub.example.com",
        "https://example.com@evil.net/",
        "https://evil.net\\@example.com",
        "https://evil.net/https://example.com",
        "https://shop.com/a?id=2#top",
        "https://river.museum/MAP",
        "https://b.net/x",
        "javascript:alert(1)//example.com",
        "obsidian://open?vault=example.com",
        "data:text/html,example.com",
        "file:///example.com",
        "example.com",
        "https://example.com/ x",
        "https://",
        "",
    ],
)
def test_any_other_address_goes_and_with_it_what_nobody_mentioned(url: str) -> None:
    """An invented link is a trap; where its words were said, they stay without it."""
    assert one(Item(url=url, label="Somewhere"), *SAID, kind="links", notes=NOTES) == (
        None,
        Section(kind="links", heading="H", links_dropped=1),
    )
    for words in ("the gauge book", "we wrote to rivers"):
        item, section = one(Item(url=url, label=words), *SAID, kind="links", notes=NOTES)
        assert (item, section.links_dropped) == (Item(label=words), 1)


def test_a_quote_loses_an_address_and_not_its_words() -> None:
    """They were said."""
    item, section = one(Item(text=LINES[2], url="https://evil.net"), kind="quotes")

    assert (item, section.links_dropped) == (Item(text=LINES[2], start_s=10, speaker="Ada Brook"), 1)


@pytest.mark.parametrize(
    ("text", "left", "dropped"),
    [
        ("More (https://evil.net/a), they say.", "More, they say.", 1),
        ("See evil.net/a or www.evil.org: bad.", "See or: bad.", 2),
        ("See [this](https://evil.net).", "See [this].", 1),
        ("See example.com, rivers.org/gauges.", "See example.com, rivers.org/gauges.", 0),
        ("In node.js and file.py, by ada@evil.net", "In node.js and file.py, by ada@evil.net", 0),
        ("We wrote.to nobody", "We wrote.to nobody", 0),
        ("See xevil.comhttps://evil.net", "See", 2),
        ("Two:\n\n- evil.net\n- one", "Two:\n\n- \n- one", 1),
    ],
)
def test_addresses_within_a_text_are_cut_out_unless_they_are_known(text: str, left: str, dropped: int) -> None:
    """The reader would follow them as well."""
    item, section = one(Item(text=text, label="Known"), *SAID, kind="prose")

    assert (item, section.links_dropped) == (Item(text=left, label="Known"), dropped)


def test_a_name_with_a_dot_may_have_been_said_without_it() -> None:
    """A transcriber's "asp net" is ASP.NET."""
    assert one(Item(text="About ASP.NET."), "we use asp net a lot")[0] == Item(text="About ASP.NET.")


def test_what_is_nothing_but_an_invented_address_goes() -> None:
    """An empty line is no idea. The same address in label and link counts once."""
    section = Section(
        kind="links", heading="H", items=(Item(url="https://evil.net/", label="evil.net"), Item(text="evil.org"))
    )

    assert proven(section, Spoken(transcript(*SAID)), NOTHING) == Section(kind="links", heading="H", links_dropped=2)


def test_a_cached_section_of_before_is_still_one() -> None:
    """Nothing is extracted anew for fields that it has no use for."""
    old = '{"kind":"items","heading":"H","items":[{"text":"a","start_s":1.0,"speaker":null,"url":null,"label":null}]}'

    assert Section.model_validate_json(old) == Section(kind="items", heading="H", items=(Item(text="a", start_s=1),))
