"""Any sequence of a user's edits and of our renderings, on real files: every edit is kept, and there is one note.

Every edit brings a token of its own, so that it can be looked for. What is checked at each rendering: tokens stay, in
order; outside our marks and properties every byte stays; what was deleted stays away, what was moved stays in order;
the user's own properties stay line for line; nothing is doubled.
"""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from inkwell_pipeline.notes import Vault
from inkwell_pipeline.notes.render import Property, Rendered, body_hash
from inkwell_pipeline.notes.search import id_in
from inkwell_pipeline_tests.builders import episode
from inkwell_pipeline_tests.fuzzing import examples

pytestmark = pytest.mark.fuzz

KEY = "0123456789abcdef"
TITLES = ("Summary", "Key ideas", "Quotes", "Links")
TOKEN = re.compile(r"«\d+»")
TOP = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(
    r"^(%% inkwell:begin %%[ \t]*\r?\n)(.*?)^%% inkwell:end ([0-9a-f]+) %%[ \t]*\r?$", re.MULTILINE | re.DOTALL
)
MARK = re.compile(r"^%% inkwell:(?:begin|end [0-9a-f]+) %%[ \t]*\r?$", re.MULTILINE)
PROPERTIES = (
    "mine{n}: {token}\n",
    "mine{n}:   '{token}'   # {token}\n",
    "mine{n}: [ 1,  {token} ]\n",
    "mine{n}:\n- {token}\n-   b\n",
    "mine{n}:\n      a: {{b: {token}}}\n      c: 2024-13-45\n",
    "mine{n}: |\n  {token}\n   title: no\n",
    "mine{n}: {{{{date}}}} # {token}\n",
    "mine{n}: !!set {{? {token}}}\n",
    "# {token}\n",
)
LINES = (
    "{token}",
    "## {token}",
    "> {token}",
    "```{token}",
    "- [ ] {token}",
    "%% {token} %%",
    "### {token}  ",
    "\t{token}",
)


def parts(text: str) -> tuple[str, str]:
    """The properties with their lines of dashes, and the rest."""
    top = TOP.match(text)
    return (top[0], text[top.end() :]) if top else ("", text)


def headings(text: str) -> list[str]:
    """Our sections' titles as they stand between the marks."""
    block = BLOCK.search(parts(text)[1])
    found = re.findall(r"^## (.+?)[ \t]*\r?$", block[2] if block else "", re.MULTILINE)
    return [title for title in found if title in TITLES]


class Edits(RuleBasedStateMachine):
    """A user and our runs, taking turns at one note."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="inkwell-edits-"))
        self.vault, self.data = self.folder / "vault", self.folder / "data"
        self.numbers, self.deleted, self.moved = 0, set[str](), False
        self.written_order: list[str] = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def note(self) -> Path:
        (path,) = self.vault.rglob("*.md")
        return path

    @property
    def text(self) -> str:
        return self.note.read_bytes().decode()

    def save(self, text: str) -> None:
        self.note.write_bytes(text.encode())

    def token(self) -> str:
        self.numbers += 1
        return f"«{self.numbers}»"

    def is_found(self) -> bool:
        """Whether anything is left by which the note can be known: its id, or our mark where we left it."""
        return id_in(self.note) == KEY or (self.note == self.left_at and self.has_data() and self.has_marks())

    def has_data(self) -> bool:
        return self.data.exists()

    def has_marks(self) -> bool:
        return len(MARK.findall(self.text)) == 2 and BLOCK.search(self.text) is not None

    # what our runs do

    @initialize(words=st.integers(0, 9))
    def first(self, words: int) -> None:
        self.run(self.rendered(list(TITLES[:3]), words, ["Ada", "Bo"], words))
        self.written_order = headings(self.text)

    @precondition(lambda self: self.is_found())
    @rule(
        titles=st.lists(st.sampled_from(TITLES), unique=True),
        words=st.integers(0, 9),
        people=st.lists(st.sampled_from(["Ada", "Bo", "Cy"]), unique=True),
        title=st.integers(0, 9),
        data_lost=st.booleans(),
    )
    def render(self, titles: list[str], words: int, people: list[str], title: int, data_lost: bool) -> None:
        before = self.text
        if data_lost and id_in(self.note) == KEY:
            shutil.rmtree(self.data, ignore_errors=True)
        was_lost = not self.has_data()
        order = headings(before)
        self.deleted = (self.deleted | set(self.written_order)) - set(order)
        stayed = [title for title in self.written_order if title in order]
        self.moved = self.moved or [title for title in order if title in stayed] != stayed
        if was_lost:  # from here on nobody knows what was deleted where the text is as we wrote it
            self.deleted, self.moved = set(), False

        one = self.rendered(titles, words, people, title)
        self.run(one)
        after = self.text

        self.check(before, after, was_lost)
        assert not self.deleted & set(headings(after))
        if self.moved:
            now = headings(after)
            assert [name for name in order if name in now] == [name for name in now if name in order]
        self.written_order = headings(after)
        self.run(one)
        assert self.text == after

    def run(self, one: Rendered) -> None:
        """As a run does it: everything is opened anew."""
        vault = Vault(self.vault, folder="Podcasts", data_dir=self.data, feeds=("rivers",))
        vault.write(episode(key=KEY), one, inputs=f"{self.numbers}")
        self.left_at = self.note  # there is just one

    def rendered(self, titles: list[str], words: int, people: list[str], title: int) -> Rendered:
        body = f"*Rivers* {words}\n\n" + "\n\n".join(f"## {name}\n\n- {name} {words}" for name in titles) + "\n"
        properties: dict[str, Property] = {
            "title": f"Gauge {title}",
            "guid": "g-1",
            "inkwell_id": KEY,
            "people": people,
        }
        return Rendered({name: value for name, value in properties.items() if value}, body)

    def check(self, before: str, after: str, was_lost: bool) -> None:
        (top, rest), (new_top, new_rest) = parts(before), parts(after)
        assert sorted(TOKEN.findall(top)) == sorted(TOKEN.findall(new_top))
        assert TOKEN.findall(rest) == TOKEN.findall(new_rest)
        mine = re.findall(r"^mine.*\n(?:(?:[ \t]|- |-   ).*\n)*", top, re.MULTILINE)
        assert all(lines in new_top for lines in mine)
        block, new_block = BLOCK.search(rest), BLOCK.search(new_rest)
        if not self.has_marks() or block is None or new_block is None:
            assert new_rest == rest.removeprefix("\ufeff")
            return
        assert new_rest[: new_block.end(1)] == rest.removeprefix("\ufeff")[: new_block.end(1)]
        assert new_rest[new_block.end(3) :] == rest[block.end(3) :]
        if was_lost and body_hash(block[2].replace("\r\n", "\n")) != block[3]:
            assert new_block[0] == block[0]

    # what the user does

    @rule(where=st.integers(0, 40), line=st.sampled_from(LINES), end=st.sampled_from(["\n", "\r\n", "\n\n\n"]))
    def write_a_line(self, where: int, line: str, end: str) -> None:
        lines = re.findall(r"[^\n]*\n|[^\n]+", self.text)
        lines.insert(where % (len(lines) + 1), line.format(token=self.token()) + end)
        self.save("".join(lines))

    @rule(where=st.integers(0, 40))
    def write_at_the_end_of_a_line(self, where: int) -> None:
        lines = self.text.split("\n")
        index = where % len(lines)
        if not MARK.match(lines[index]) and not lines[index].startswith("---"):
            back = "\r" if lines[index].endswith("\r") else ""
            comment = " # " if index < parts(self.text)[0].count("\n") else " "
            lines[index] = lines[index].removesuffix("\r") + comment + self.token() + back
            self.save("\n".join(lines))

    @precondition(lambda self: bool(headings(self.text)))
    @rule(which=st.integers(0, 3), to=st.integers(0, 3), what=st.sampled_from(["delete", "move", "rename", "copy"]))
    def change_a_section(self, which: int, to: int, what: str) -> None:
        block = BLOCK.search(self.text)
        assert block
        sections = re.split(r"^(?=## )", block[2], flags=re.MULTILINE)
        index = which % len(sections)
        section = sections[index]
        if what in ("delete", "move"):
            del sections[index]
        if what == "copy":  # of one section the user has two, under two names
            section = section.replace("## ", f"## {self.token()} ", 1)
        if what in ("move", "copy"):
            section = section if section.endswith(("\n\n", "\n\r\n")) else f"{section}\n"
            sections.insert(to % (len(sections) + 1), section)
        if what == "rename":
            sections[index] = section.replace("## ", f"## {self.token()} ", 1)
        self.save(self.text[: block.start(2)] + "".join(sections) + self.text[block.end(2) :])

    @precondition(lambda self: bool(parts(self.text)[0]))
    @rule(form=st.sampled_from(PROPERTIES), first=st.booleans())
    def add_a_property(self, form: str, first: bool) -> None:
        token = self.token()
        lines = form.format(token=token, n=token[1:-1])
        top, rest = parts(self.text)
        if "\r\n" in top:
            lines = lines.replace("\n", "\r\n")
        at = top.index("\n") + 1 if first else top.rstrip().rfind("\n") + 1
        self.save(top[:at] + lines + top[at:] + rest)

    @precondition(lambda self: bool(parts(self.text)[0]))
    @rule(name=st.sampled_from(["title", "people", "guid"]), how=st.sampled_from(["change", "delete", "quote"]))
    def change_a_property(self, name: str, how: str) -> None:
        top, rest = parts(self.text)
        old = re.search(rf"^{name}:.*\n(?:  - .*\n)*", top, re.MULTILINE)
        if old is None or (how != "quote" and TOKEN.search(old[0])) or (name == "guid" and how == "change"):
            return
        new = {"change": f"{name}: {self.token()}\n", "delete": "", "quote": re.sub(r"(Gauge \d)", r'"\1"', old[0])}[
            how
        ]
        if how == "quote" and '"' in old[0]:
            return
        self.save(top.replace(old[0], new) + rest)

    @rule(crlf=st.booleans())
    def convert_the_line_ends(self, crlf: bool) -> None:
        text = self.text.replace("\r\n", "\n")
        self.save(text.replace("\n", "\r\n") if crlf else text)

    @rule(how=st.sampled_from(["no end", "no begin", "two", "no properties", "bom"]), sure=st.integers(0, 3))
    def do_something_rough(self, how: str, sure: int) -> None:
        if sure:  # not every time, since little can be done to the note afterwards
            return
        text = self.text
        rough = {
            "no end": re.sub("^%% inkwell:end.*\n?", "", text, flags=re.MULTILINE),
            "no begin": text.replace("%% inkwell:begin %%", "", 1),
            "two": text.replace("%% inkwell:begin %%", "%% inkwell:begin %%\n%% inkwell:begin %%", 1),
            "no properties": parts(text)[1],
            "bom": "\ufeff" + text.removeprefix("\ufeff"),
        }
        self.save(rough[how])

    @precondition(lambda self: id_in(self.note) == KEY)
    @rule(to=st.sampled_from(["a.md", "Reading/b.md", "Podcasts/Rivers/2024-02-28 The gauge.md", "c (1).md"]))
    def move_the_note(self, to: str) -> None:
        target = self.vault / to
        target.parent.mkdir(parents=True, exist_ok=True)
        self.note.rename(target)


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=examples(120), stateful_step_count=30, deadline=None)
