"""Whatever a feed holds, a note's body is what the layout made of it, for a Markdown reader and by Obsidian's rules."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from inkwell_pipeline.models import Chapter, Episode, Item, Person, Record, Section
from inkwell_pipeline.notes.render import Rendered, render
from inkwell_pipeline_tests.builders import episode, record
from inkwell_pipeline_tests.fuzzing import examples
from inkwell_pipeline_tests.notes.hostile import MARKUP, TEXTS, URLS

pytestmark = pytest.mark.fuzz

KINDS = ("prose", "items", "quotes", "links")
ITEMS = st.lists(
    st.builds(
        Item, text=TEXTS, start_s=st.none() | st.floats(0, 9999), speaker=TEXTS, url=URLS | st.none(), label=TEXTS
    ),
    max_size=2,
)
SECTIONS = st.fixed_dictionaries(
    {kind: st.builds(Section, kind=st.just(kind), heading=TEXTS, items=ITEMS.map(tuple)) for kind in KINDS}
)
EPISODES = st.builds(
    episode,
    title=TEXTS,
    show=TEXTS,
    link=URLS,
    audio_url=URLS,
    show_notes=MARKUP,
    persons=st.lists(st.builds(Person, name=TEXTS, role=TEXTS), max_size=2),
    chapters=st.lists(st.builds(Chapter, start_s=st.floats(0, 9999), title=TEXTS, url=URLS), max_size=3),
)
RECORDS = st.builds(record, remark=TEXTS)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
READER.validateLink = lambda url: True  # type: ignore[method-assign]  # it would leave those of files as words
OURS = {"paragraph", "heading", "bullet_list", "ordered_list", "list_item", "blockquote", "inline"}
OURS_INLINE = {"text", "text_special", "softbreak", "link", "strong", "em"}
WIKILINK = re.compile(r"(?<!\\)\[\[[^\[\]|#^\\]+(?:\|[^\[\]|\\]+)?\]\]")


def kind(token: Token) -> str:
    return token.type.removesuffix("_open").removesuffix("_close")


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or []


def note(one: Episode, sections: dict[str, Section], about: Record) -> Rendered:
    outline = {name: section.model_copy(update={"items": ()}) for name, section in sections.items()}
    return render(one, about, outline=outline, sections=sections)


@settings(max_examples=examples(200), deadline=None)
@given(EPISODES, SECTIONS, RECORDS)
def test_a_reader_finds_nothing_but_what_the_layout_makes(
    one: Episode, sections: dict[str, Section], about: Record
) -> None:
    """No HTML, code, rule, table, picture; no heading but the sections'; no address but of the web and the audio."""
    found: dict[str, object] = {}

    tokens = READER.parse(note(one, sections, about).body, found)

    assert {kind(token) for token in tokens} <= OURS
    assert {kind(token) for token in inline(tokens)} <= OURS_INLINE
    assert found.get("references", {}) == {}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert {token.tag for token in headings} <= {"h2"}
    assert len(headings) <= len(sections) + 2
    addresses = [str(token.attrGet("href")) for token in inline(tokens) if token.type == "link_open"]
    assert all(address.lower().startswith(("http://", "https://", "file:")) for address in addresses)


@settings(max_examples=examples(200), deadline=None)
@given(EPISODES, SECTIONS, RECORDS)
def test_obsidian_finds_nothing_but_wikilinks_of_people(
    one: Episode, sections: dict[str, Section], about: Record
) -> None:
    """No comment (our own marks are comments), embed, tag, block id, highlight, math, callout, field or footnote."""
    body = note(one, sections, about).body

    linked = WIKILINK.findall(body)
    assert len(linked) <= len(one.persons)
    rest = re.sub(r"(?<!\\)\]\((?:<[^<>\s]*>|[^()\s]*)\)", "]()", WIKILINK.sub("P", body))  # our own addresses
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "·", rest)
    assert not re.search(r"%%|\[\[|!\[|==|~~|`|\$|<|::|\{\{", rest)
    assert not re.search(r"(?<!\w)#\w|\^[\w-]+$|\[\^|\^\[|^> ?\[!|^\s*- \[.\] ", rest, re.MULTILINE)
    assert "<%" not in body
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff\xad]", body)


@settings(deadline=None)
@given(EPISODES, RECORDS)
def test_properties_hold_words_and_links_to_people(one: Episode, about: Record) -> None:
    """No wikilink but a person's; no line ends but in the guid, which is looked for as it is."""
    properties = note(one, {}, about).properties

    people = properties.pop("people", [])
    assert isinstance(people, list)
    assert all(WIKILINK.fullmatch(person) for person in people)
    properties.pop("guid", None)
    texts = " ".join(map(str, properties.values()))
    assert not re.search(r"\[\[(?!')|<%|[\x00-\x1f\u2028\u202e]", texts)
    for name in ("url", "audio"):
        assert str(properties.get(name, "https://")).lower().startswith(("http://", "https://", "file:"))


def test_the_reader_would_find_them() -> None:
    """The checks above are not blind."""
    found: dict[str, object] = {}

    tokens = READER.parse("a <b>\n\n<p>\n\n```\nx\n```\n\n| a |\n|---|\n\n![x](y)\n\n---\n\n[x]: y\n", found)

    assert {"html_block", "fence", "table", "hr"} <= {kind(token) for token in tokens}
    assert {"html_inline", "image"} <= {kind(token) for token in inline(tokens)}
    assert found["references"]
