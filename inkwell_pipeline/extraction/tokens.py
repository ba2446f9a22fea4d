"""How many tokens a text can have: at most, at least, and about. Pure.

Belongs here: bounds that hold without a provider's own tokenizer, none of which is public for all of them. Does not:
what tokens cost (`costs/prices.py`).
A tokenizer works on UTF-8 and gives no token less than a byte: so many there can be at most, of any text. For words of
talk that is four times too many, and a budget would let nothing through. A word of ordinary letters counts half its
letters, all else its bytes. Measured with o200k and cl100k, which OpenAI publishes: of 20 transcripts 2.0 to 2.6 times
what they make of it, so that a tokenizer which makes half as many again is still within; of random letters more, too.
"""

import re

__all__ = ["about_tokens", "least_tokens", "most_tokens"]

# A word as talk has it, with the space before it, which tokenizers join to it. No word of any size is without a vowel,
# or has four consonants in a row: letters at random do, and are cut finer.
CONSONANT = "[bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ]"
ORDINARY = re.compile(rf" ?\b(?!\w*{CONSONANT}{{4}})(?=\w*[aeiouyAEIOUY])[A-Z]?[a-z]{{1,20}}\b", re.ASCII)
FRAME_TOKENS = 64  # what providers put around each message


def most_tokens(text: str) -> int:
    """No tokenizer makes more of it."""
    words = ORDINARY.findall(text)
    in_words = sum(map(len, words))
    halves = sum((len(word.strip()) + 1) // 2 for word in words)
    return len(text.encode("utf-8", "replace")) - in_words + halves + FRAME_TOKENS


def about_tokens(text: str) -> int:
    """The usual four bytes a token."""
    return len(text.encode("utf-8", "replace")) // 4


def least_tokens(text: str) -> int:
    """Hardly any tokenizer makes fewer: six characters of talk a token."""
    return len(text) // 6
