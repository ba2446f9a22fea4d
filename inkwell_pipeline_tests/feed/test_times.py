"""Times in show notes: which lines are a table of contents, and which only look like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.feed.times import times_in
from inkwell_pipeline_tests.fuzzing import examples

THREE = [(0.0, "Intro"), (754.0, "The gauge"), (3723.0, "Letters")]


@pytest.mark.parametrize(
    "notes",
    [
        "0:00 Intro\n12:34 The gauge\n1:02:03 Letters",
        "(0:00) Intro\n(12:34) The gauge\n(1:02:03) Letters",
        "[00:00] - Intro\r\n[12:34] - The gauge\r\n[01:02:03] - Letters",
        "00:00:00: Intro\n00:12:34: The gauge\n01:02:03: Letters",
        "• 0:00 – Intro\n• 12:34 – The gauge\n• 1:02:03 – Letters",
        "1. 0:00 Intro\n2. 12:34 The gauge\n3. 1:02:03 Letters",
        "0:00 - 12:34 Intro\n12:34 – 1:02:03 The gauge\n1:02:03 – 1:10:00 Letters",
        "Intro – 0:00\nThe gauge – 12:34\nLetters – 1:02:03",
        "Intro (0:00)\nThe gauge (12:34)\nLetters (1:02:03)",
        "Intro ..... 0:00\nThe gauge ..... 12:34\nLetters ..... 1:02:03",
        "<p>Hello.</p><ul><li>0:00 Intro</li><li>12:34 <b>The gauge</b></li><li>1:02:03 Letters</li></ul>",
        "<p>0:00 Intro<br>12:34 The&nbsp;gauge<br/>1:02:03 Letters</p>",
        '<a href="https://h/?t=9:99#t=0">0:00</a> Intro<br><a href="#t=754">12:34</a> The gauge<br>1:02:03 Letters',
        "<table><tr><td>0:00</td><td>Intro<tr><td>12:34</td><td>The gauge</tr><tr><td>1:02:03</td><td>Letters</table>",
        "<p>0:00</p><p>Intro</p><p>12:34</p><ul><li>The gauge</li></ul><p>1:02:03</p><div>Letters</div>",
    ],
)
def test_a_list_of_times_is_found_in_each_of_its_forms(notes: str) -> None:
    """Before the topic or behind it, in HTML's lines or a text's, alone above the topic, with a link, with an end."""
    assert times_in(notes) == THREE


@pytest.mark.parametrize(
    "notes",
    [
        "",
        "12:34 The gauge",  # one is a remark
        "Recorded at 12:30.\nMixed at 13:30.\nOut at 14:30.",
        "Recorded: 12:30\nMixed: 13:30\nOut: 14:30",
        "19:30 CET Doors\n20:00 CET The show\n21:30 CET The end",
        "7:30 pm Doors\n8:00 p.m. The show\n9:30 PM The end",
        "Part one – 12:34\nPart two – 9:12\nPart three – 10:01",  # lengths
        "Part one – 12:34\nPart two – 19:12",  # two behind their topics may be lengths that happen to grow
        "https://h/?t=0:00\nhttps://h/?t=12:34\nhttps://h/?t=20:00",
        "0:00 --\n12:34 **\n20:00 …",  # topics without a letter
        "12:64 The gauge\n13:75 Letters",
        "1:2:3 The gauge\n1:2:4 Letters",
        "12:34:56:78 The gauge\n12:34:57:78 Letters",
        "<script>0:00 Intro\n1:00 Code</script>",
    ],
)
def test_other_times_are_no_list(notes: str) -> None:
    """A wrong table of contents is worse than none."""
    assert times_in(notes) == []


def test_times_that_go_back_end_a_list() -> None:
    """The longest stretch counts: what follows is another list, or none."""
    notes = "0:00 Intro\n12:34 The gauge\n1:02:03 Letters\n\nIn the bonus:\n0:10 A\n0:20 B"

    assert times_in(notes) == THREE


def test_a_time_beyond_the_end_is_no_chapter() -> None:
    """The same list under another cut of the episode would link to silence."""
    assert times_in("0:00 Intro\n12:34 The gauge\n1:02:03 Letters", duration_s=1000) == THREE[:2]


def test_a_long_topic_below_its_time_is_cut() -> None:
    """Its first sentence, at a word; a line that begins with a time and goes on as a paragraph is no topic."""
    notes = f"0:00\n{'word ' * 80}\n1:00\nNext one. And more of it.\n2:00 {'word ' * 80}"

    (_, long), (start_s, short) = times_in(notes)

    assert (len(long) <= 200, long[-6:], start_s, short) == (True, "word …", 60.0, "Next one.")


LINE = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["", "(", "[", "• ", "1. ", "<li>", "Topic – ", "Topic ("]),
    st.sampled_from(["0:00", "12:34", "1:02:03", "99:99", "٣:٤٥", "00:00:00.000", "1" * 50, "&#49;:30"]),
    st.sampled_from(["", ")", "] -", " – 12:34", " pm", "</li>", "<br"]),
    st.text(max_size=10),
)


@settings(max_examples=examples(150))
@given(st.lists(LINE | st.text(max_size=30), max_size=12).map("\n".join), st.none() | st.integers(1, 5000))
def test_any_text_gives_ascending_times_with_topics(notes: str, duration_s: int | None) -> None:
    """Nothing that a publisher writes is an error."""
    found = times_in(notes, duration_s=duration_s)

    assert [start_s for start_s, _ in found] == sorted({start_s for start_s, _ in found})
    assert all(topic.strip() and len(topic) <= 200 for _, topic in found)
    assert not duration_s or all(start_s <= duration_s for start_s, _ in found)
