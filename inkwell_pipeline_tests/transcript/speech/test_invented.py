"""What a recogniser makes up is cut and told; what people say, however often, stays."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.models import Segment, SpokenWord
from inkwell_pipeline.transcript import read_transcript
from inkwell_pipeline.transcript.speech.invented import Doubt, without_invented
from inkwell_pipeline_tests.fuzzing import examples

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "transcripts"
NO_TRANSCRIPT = (".notes.md", ".index.markdown", ".links.markdown")  # what people wrote about an episode
REAL = sorted(path for path in DATA.glob("*") if not path.name.endswith(NO_TRANSCRIPT))
SOUNDS = {"[laughs]"}  # all that stands alone in a segment of theirs and is no word


def segments(texts: Sequence[str], step_s: float = 5.0) -> list[tuple[Segment, Doubt]]:
    return [
        (Segment(start_s=at * step_s, end_s=(at + 1) * step_s, speaker=None, text=text), Doubt())
        for at, text in enumerate(texts)
    ]


def left(*texts: str) -> list[str]:
    return [segment.text for segment in without_invented(segments(texts))[0]]


def test_a_loop_over_segments_is_said_once() -> None:
    """However it is punctuated; the line says how many went, and from where on."""
    looped = ["Thank you.", "thank you", "Thank you!", "Thank you…", "“Thank you.”", "THANK YOU"]

    kept, said = without_invented(segments(["It rains.", *looped, "Bye."]))

    assert [one.text for one in kept] == ["It rains.", "Thank you.", "Bye."]
    assert said == ("5 segments cut that only repeat the one before, a recogniser's loop, the first at 0:10",)


def test_a_loop_in_a_segment_is_said_once() -> None:
    """A phrase of several words; what stands before and after it stays, and its time is the segment's."""
    text = "And so we measure " + "the river, and " * 12 + "then we go home."

    (kept,), said = without_invented(segments([text]))

    assert (kept.text, kept.start_s, kept.end_s) == ("And so we measure the river, and then we go home.", 0, 5)
    assert said == ("1 segments shortened that repeat a phrase again and again, the first at 0:00",)


def test_a_shortened_segment_has_no_words_with_times() -> None:
    """They are no longer those of its text, and a quote's time would be another's."""
    looping = Segment(
        start_s=0,
        end_s=9,
        speaker=None,
        text="Yes. " + "no " * 9,
        words=tuple(SpokenWord(word, at, at + 1) for at, word in enumerate(["Yes.", *["no"] * 9])),
    )

    (kept,), _ = without_invented([(looping, Doubt())])

    assert (kept.text, kept.words) == ("Yes. no", ())


def test_several_loops_in_a_segment_are_each_said_once() -> None:
    """A recogniser that falls out of one falls into the next."""
    assert left("It rains " + "and " * 20 + "then " * 20 + "we all go home " * 20) == [
        "It rains and then we all go home"
    ]


@pytest.mark.parametrize(
    ("no_speech", "logprob", "stays"),
    [
        (0.9, -1.5, False),
        (0.9, -0.3, True),
        (0.3, -1.5, True),
        (0.6, -1.5, True),
        (0.9, -1.0, True),
        (0.9, None, True),
        (None, -1.5, True),
    ],
)
def test_silence_takes_both_of_whisper_s_doubts(no_speech: float | None, logprob: float | None, stays: bool) -> None:
    """It is often wrong about one alone: its own decoder asks for both."""
    (found,) = segments(["It rains."])

    kept, said = without_invented([(found[0], Doubt(no_speech, logprob))])

    assert (bool(kept), bool(said)) == (stays, not stays)


@pytest.mark.parametrize(
    "text",
    [
        *("[BLANK_AUDIO]", "[ Silence ]", "(no speech)", "[Music]", "(applause)", "♪♪", "♪ ♪ ♪", "...", "…", "*sigh*"),
        *("Subtitles by the Amara.org community", "Untertitel der Amara.org-Community", "Transcribed by ESO."),
        "Sous-titres réalisés par la communauté d'Amara.org",
    ],
)
def test_sounds_and_credits_are_no_words(text: str) -> None:
    """Whisper learned from films' subtitles, and writes what stands in them where nobody speaks."""
    kept, said = without_invented(segments(["It rains.", text]))

    assert [one.text for one in kept] == ["It rains."]
    assert said == ("1 segments left out in which nobody speaks, the first at 0:05",)


def test_a_cut_without_a_time_says_so() -> None:
    """Nothing is invented about it either."""
    blank = Segment(start_s=None, end_s=None, speaker=None, text="[BLANK_AUDIO]")

    assert without_invented([(blank, Doubt())]) == (
        [],
        ("1 segments left out in which nobody speaks, the first at a time that is not known",),
    )


TALK = {
    "four times no": ["No, no, no, no."],
    "laughter": ["Ha ha ha ha ha!", "Ha ha ha!"],
    "laughter five times": ["Ha ha!"] * 5,
    "a chorus four times": ["We will rock you.", "We will rock you.", "We will rock you.", "We will rock you."],
    "a chorus in one breath": ["Row, row, row your boat. " * 4],
    "a count": ["One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve."],
    "numbers": ["1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"],
    "a telephone number": ["Call 0 800 0 0 0 1 1 1 1."],
    "a list": ["The first gauge, the second gauge, the third gauge, the fourth gauge, the fifth gauge."],
    "agreement": ["Yeah.", "Yeah.", "It rains.", "Yeah.", "Yeah.", "It pours.", "Yeah.", "Yeah."],
    "a sound among words": ["[laughs] It rains."],
    "notes in brackets": ["(a) and (b)", "[1953] was wet, and so was [1954]"],
    "much": ["very, very, very, very, very, very, very, very wet"],
    "an aside": ["(That was in nineteen fifty three, by the way.)"],
    "a song": ["♪ Row, row, row your boat, gently down the stream ♪"],
    "on captions": ["Captions are read by millions of people."],
    "on transcripts": ["Transcript reading is done by Bo Li, every morning."],
    "on a site": ["I put it on amara.org back then."],
}


@pytest.mark.parametrize("texts", list(TALK.values()), ids=list(TALK))
def test_real_talk_is_not_cut(texts: list[str]) -> None:
    """A word that was said and is gone is worse than one that was made up and stays."""
    kept, said = without_invented(segments(texts))

    assert [one.text for one in kept] == texts
    assert said == ()


def test_two_people_who_agree_are_no_loop() -> None:
    """What each says in turn was not made of what the other said."""
    agreed = [
        (segment.model_copy(update={"speaker": ("Ada Brook", "Bo Li")[at % 2]}), doubt)
        for at, (segment, doubt) in enumerate(segments(["Yeah."] * 6))
    ]

    assert without_invented(agreed) == ([segment for segment, _ in agreed], ())


@pytest.mark.parametrize("path", REAL, ids=[path.name for path in REAL])
def test_nothing_is_cut_from_what_people_wrote_down(path: Path) -> None:
    """Each of them was really said, but for a sound that stands alone."""
    read = read_transcript(path.read_bytes()).segments

    kept, _ = without_invented([(segment, Doubt()) for segment in read])

    assert kept == [segment for segment in read if segment.text not in SOUNDS]


TEXTS = st.sampled_from(
    ["Thank you.", "thank you", "no " * 9, "we go " * 9, "[Music]", "...", "It rains.", "- " * 12, "?"]
)
DOUBTS = st.builds(Doubt, st.none() | st.floats(0, 1), st.none() | st.floats(-3, 0))


@pytest.mark.fuzz
@settings(max_examples=examples(100))
@given(st.lists(st.tuples(TEXTS | st.text("a b-", min_size=1, max_size=40), DOUBTS), max_size=20))
def test_order_is_kept_and_nothing_is_added(found: list[tuple[str, Doubt]]) -> None:
    """What is left is what was there, whole or shorter, at its time; and without a line nothing is gone."""
    given_ = [
        (segment, doubt) for (segment, _), (_, doubt) in zip(segments([text for text, _ in found]), found, strict=True)
    ]
    by_time = {segment.start_s: segment for segment, _ in given_}

    kept, said = without_invented(given_)

    times = [one.start_s for one in kept]
    assert times == [time_s for time_s in by_time if time_s in times]
    for one in kept:
        before = iter(by_time[one.start_s].text.split())
        assert all(word in before for word in one.text.split())
    assert bool(said) == (kept != [segment for segment, _ in given_])


@pytest.mark.fuzz
@settings(max_examples=examples(100))
@given(st.lists(st.sampled_from(["a", "b", "A,", "-", "c."]), max_size=60).map(" ".join))
def test_what_was_cut_once_is_not_cut_again(text: str) -> None:
    """Reading the cached transcript anew gives the same."""
    once, _ = without_invented(segments([text]))

    assert without_invented([(segment, Doubt()) for segment in once]) == (once, ())


def test_a_thousand_loops_in_one_text_are_each_cut() -> None:
    """A model that gives no times gives an hour as one segment; the interpreter's stack is no measure of it."""
    assert left(" ".join(f"w{number} " * 9 for number in range(1000))) == [" ".join(f"w{n}" for n in range(1000))]


@pytest.mark.parametrize("token", ["-", "?", "no", "no -"])
def test_what_is_repeated_for_ever_takes_no_more_than_its_length(token: str) -> None:
    """A loop of dashes is what a recogniser gives for an hour of noise."""
    text = " ".join([token] * 2500)
    began_s = time.thread_time()

    without_invented(segments([text]))

    assert time.thread_time() - began_s < 1.0 + 40e-6 * len(text)  # as for every reader: `test_fuzz.py`
