"""Words as they are compared: without case, punctuation, and the many ways to write one letter.

Belongs here: what counts as one word, in any script, and which words nobody may change. Does not: finding words in a
transcript (`matching.py`), words for ranking (`terms.py`).
Pure, and linear in the text.
"""

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from inkwell_pipeline.extraction.lexicon import vocabulary

__all__ = ["Form", "forms", "weighty", "word_forms"]

# Scripts without spaces between words: each character is one. Chinese, Japanese; Thai, Lao, Burmese, Khmer.
SPACELESS = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3"
)
APOSTROPHES = "'‘’ʼ"
WORD = re.compile(rf"[{SPACELESS}]|[^\W_{SPACELESS}]+(?:[{APOSTROPHES}]+[^\W_{SPACELESS}]+)*")
NO_APOSTROPHES = str.maketrans("", "", APOSTROPHES)
JAMO = range(0x1160, 0x1200)  # vowels and finals of Hangul in pieces, which make one letter with what is before them

NEGATIONS = vocabulary(
    "no not never none nor neither nobody nothing nowhere noone cannot without hardly barely scarcely unless t nope nah"
    " nicht kein keine keinen keinem keiner nie niemals nichts ohne ne pas jamais rien sans aucun aucune"
    " nunca jamás nada nadie sin ningún ninguna non mai niente senza não niet geen nooit inte ikke aldrig aldri"
    " не нет никогда ничего без"
    " 不 没 沒 無 无 非 未 莫 勿 別 别 否 な ん ず ぬ"
)
NEGATED = re.compile(
    "(?:is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|sha|should|must|might|need|ought|dare|ai|may)nt(?:ve)?"
)
NUMBERS = vocabulary(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion"
    " hundreds thousands millions billions trillions first second third fourth fifth sixth seventh eighth ninth tenth"
    " half quarter dozen twice double triple"
    " 一 二 三 四 五 六 七 八 九 十 百 千 万 萬 億 亿 兆 零 〇 両 两 半"
)


class Form(NamedTuple):
    """One word of a text as it is compared, and where its letters stand in the text."""

    form: str
    begin: int
    end: int


def forms(text: str) -> list[str]:
    """The words of a text; an apostrophe is a part of its word, as it is no sound of its own."""
    return [found.form for word in text.split() for found in word_forms(word)]


def word_forms(word: str) -> list[Form]:
    """The same of what stands between two spaces: none for a dash, two for "well-known", one a character in Chinese."""
    if unicodedata.is_normalized("NFKC", word):
        return [Form(_plain(found[0]), *found.span()) for found in WORD.finditer(word)]
    letters, places = [], []
    for begin, end in _clusters(word):
        letter = unicodedata.normalize("NFKC", word[begin:end])
        letters.append(letter)
        places += [(begin, end)] * len(letter)
    return [
        Form(_plain(found[0]), places[found.start()][0], places[found.end() - 1][1])
        for found in WORD.finditer("".join(letters))
    ]


def weighty(form: str) -> bool:
    """Whether a sentence turns on this word: a negation ("never", "don't") or a number, in digits or in words."""
    if form in NEGATIONS or form in NUMBERS or NEGATED.fullmatch(form):
        return True
    return not form.isalpha() and any(map(str.isnumeric, form))


def _plain(found: str) -> str:
    return found.translate(NO_APOSTROPHES).casefold()


def _clusters(word: str) -> list[tuple[int, int]]:
    """Each letter with the signs that belong to it; NFKC changes nothing across two of them."""
    begins = [0, *(at for at, letter in enumerate(word) if at and not _attached(letter)), len(word)]
    return list(pairwise(begins))


def _attached(letter: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKC", letter)[0]) != 0 or ord(letter) in JAMO
