"""What a model answers: read leniently where no meaning is at stake, refused with a reason where it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.extraction.answers import Answer, Unusable, read_answer
from inkwell_pipeline.extraction.prompts import NEEDS
from inkwell_pipeline.models import Item, Person

WHOLE = '{"items": [{"text": "A word.", "label": "Label", "said": "a word", "url": "https://e.com"}]}'
kinds = st.sampled_from(sorted(NEEDS))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["items", "text", "said", "people"]) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    [WHOLE, f"```json\n{WHOLE}\n```", f"Here it is:\n{WHOLE}\nI hope it helps.", WHOLE[WHOLE.index("[") : -1]],
)
def test_what_stands_around_the_object_does_not_matter(text: str) -> None:
    """A code fence, a word before it or after it, the list alone."""
    assert read_answer(text, "items") == Answer((Item(text="A word.", label="Label", said="a word"),))


@pytest.mark.parametrize("text", ["", "Sorry.", "{", WHOLE[:-3], '{"notes": []}', '{"items": {"text": "x"}}', "null"])
def test_half_an_answer_is_none(text: str) -> None:
    """With a reason."""
    assert isinstance(read_answer(text, "items"), Unusable)


def test_nothing_is_an_answer_but_for_a_summary() -> None:
    """An episode may have no link; one about nothing there is not."""
    assert read_answer('{"items": []}', "links") == Answer(())
    assert read_answer('{"items": []}', "prose") == Unusable('it had no "text"')


def test_each_kind_takes_what_it_needs() -> None:
    """And nothing else: a quote has no heading, a summary no address."""
    assert read_answer(WHOLE, "prose") == Answer((Item(text="A word."),))
    assert read_answer(WHOLE, "quotes") == Answer((Item(text="A word."),))
    assert read_answer(WHOLE, "links") == Answer(
        (Item(text="A word.", label="Label", said="a word", url="https://e.com"),)
    )


def test_people_come_with_the_summary_alone() -> None:
    """By name, with a role in small letters where there is one."""
    text = '{"items": ["A word."], "people": [{"name": "Ada  Brook", "role": "Host"}, "Bo Stone", {"role": "x"}, 3]}'

    assert read_answer(text, "prose") == Answer(
        (Item(text="A word."),), (Person(name="Ada Brook", role="host"), Person(name="Bo Stone", role=""))
    )
    assert read_answer(text, "items") == Answer((Item(text="A word."),))


def test_text_that_is_no_line_is_made_one() -> None:
    """Line ends, lone surrogates, and lengths that no note could want."""
    odd = json.dumps({"items": [{"text": "a\n\nb\ud800"}, {"text": "x" * 5000}, {"text": " "}, {"text": 3}]})

    assert read_answer(odd, "prose") == Answer((Item(text="a b?"),))


@given(value=anything, kind=kinds)
def test_no_json_breaks_it(value: object, kind: str) -> None:
    """Whatever a model thinks of: an answer or a reason."""
    read = read_answer(json.dumps(value), kind)  # type: ignore[arg-type]

    assert isinstance(read, Answer | Unusable)


@given(text=st.text(alphabet='{}[]",:\\ itemsx1\n', max_size=80), kind=kinds)
def test_no_text_breaks_it(text: str, kind: str) -> None:
    """Nor JSON that is none, nor a thousand brackets."""
    assert isinstance(read_answer(text, kind), Answer | Unusable)  # type: ignore[arg-type]
    assert isinstance(read_answer("[" * 100_000, "prose"), Unusable)
