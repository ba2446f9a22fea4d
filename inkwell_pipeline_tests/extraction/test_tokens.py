"""Bounds of tokens, beside a tokenizer that anybody can have."""

from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.extraction.extractor import Material
from inkwell_pipeline.extraction.prompts import shared_part
from inkwell_pipeline.extraction.tokens import FRAME_TOKENS, about_tokens, least_tokens, most_tokens
from inkwell_pipeline_tests.extraction.asking import talk


@given(st.text(max_size=300))
def test_the_bounds_are_in_order(text: str) -> None:
    """At least, about, at most; never more than a token a byte."""
    assert (
        least_tokens(text)
        <= about_tokens(text)
        <= most_tokens(text)
        <= len(text.encode("utf-8", "replace")) + FRAME_TOKENS
    )


def test_talk_is_not_bounded_four_times_too_high() -> None:
    """With a token a byte, no budget of a few episodes would let one through."""
    text = shared_part(Material(talk(1, words=9000), title="", show=""))

    assert about_tokens(text) < most_tokens(text) < 2.3 * about_tokens(text)


@given(st.text(alphabet="äß漢字かな🙂0123456789!?:", max_size=100))
def test_what_is_no_ordinary_word_counts_by_its_bytes(text: str) -> None:
    """Digits, signs, other scripts: some tokenizers make a token of each byte."""
    assert most_tokens(text) == len(text.encode()) + FRAME_TOKENS
