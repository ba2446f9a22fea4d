"""How many tokens a text can have: at most, at least, and about. Pure.

Belongs here: bounds that hold without a provider's own tokenizer, none of which is public for all of them. Does not:
what tokens cost (`costs/prices.py`).
A tokenizer works on UTF-8 and gives no token less than a byte: so many there can be at most, of any text. For words of
talk that is four times too many, and a budget would let nothing through. A run of ordinary small letters is never cut
finer than into pairs on the average of a text, by any tokenizer that was measured; all else counts by its bytes.
"""

import re

__all__ = ["about_tokens", "least_tokens", "most_tokens"]

# a word as talk has it, with the space before it, which tokenizers join to it
ORDINARY = re.compile(r" ?\b[A-Z]?[a-z]{1,20}\b", re.ASCII)
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
