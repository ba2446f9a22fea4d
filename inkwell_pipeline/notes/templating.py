"""The language of layouts: jinja2, sandboxed, with our own escaping.

Belongs here: what a layout may say, the filters, and its errors with file, line and what is known. Does not: the
variables (`view.py`), which file it is (`layout.py`). A layout cannot forget to escape, and cannot choose not to:
whatever is printed and is not Markdown of our own making becomes plain words, and where two pieces meet no sign comes
about. Macros and includes are left out, since what they return is text again.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import Any, NoReturn, TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inkwell_pipeline.errors import ConfigError, PermanentError
from inkwell_pipeline.models import Chapter, Episode, Item, Person, Record, Section
from inkwell_pipeline.notes.markdown import Markdown, escaped, joined, link, wikilink
from inkwell_pipeline.notes.view import NoteView, OwnAddress, view_of

__all__ = ["body", "check"]

E = TypeVar("E", ConfigError, PermanentError)
VARIABLES = tuple(one.name for one in fields(NoteView))
NO_LAYOUT_S = (  # what they print is text again, or comes from elsewhere
    *(nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Block),
    *(nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport),
)
STATEMENTS = "{% for %}, {% if %}, {% set name = … %}, {% with %}, {% raw %}"
OF_HTML = ("e", "escape", "forceescape", "pprint", "safe", "striptags", "tojson", "urlencode", "urlize", "xmlattr")
OUR_MARK = re.compile(r"%%\s*inkwell:")
WRITES_A_MARK = "writes a mark of ours (`%% inkwell:`); the marks are put around what the layout makes"


def body(text: str, path: Path, view: NoteView) -> str:
    """The layout filled with an episode. Raises: PermanentError, with file and line."""
    return _filled(_compiled(text, path), path, view, PermanentError)


def check(text: str, path: Path) -> None:
    """Fills the layout with an episode that has everything and with one that has nothing. Raises: ConfigError."""
    try:
        _check_names(_environment().parse(text), path)
        template = _compiled(text, path)
    except TemplateSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.message}") from None
    for view in _examples():
        if OUR_MARK.search(_filled(template, path, view, ConfigError)):
            raise ConfigError(f"{path}: {WRITES_A_MARK}")


def _filled(template: Template, path: Path, view: NoteView, kind: type[E]) -> str:
    try:
        filled = joined(template.generate(view.variables()))
    except Exception as error:  # TemplateError, and whatever an expression of the layout's comes to: `1 / 0`
        lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == str(path)]
        says = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        raise kind(f"{path}{f':{lines[-1]}' if lines else ''}: {says}") from None
    text = filled.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text).strip("\n") + "\n"


def _check_names(tree: nodes.Template, path: Path) -> None:
    """Raises: ConfigError, for the first thing that no layout can have, also where no example gets."""
    environment = _environment()
    for statement in tree.find_all(NO_LAYOUT_S):
        name = type(statement).__name__.lower()
        raise ConfigError(f"{path}:{statement.lineno}: a layout has no {name}; there are: {STATEMENTS}")
    for found in tree.find_all(nodes.Filter):
        if found.name not in environment.filters:
            _refuse("filter", found.name, f"{path}:{found.lineno}", known=sorted(environment.filters))
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            _refuse("test", test.name, f"{path}:{test.lineno}", known=sorted(environment.tests))
    unknown = meta.find_undeclared_variables(tree) - {*VARIABLES, *environment.globals}
    for variable in tree.find_all(nodes.Name):
        if variable.name in unknown:
            _refuse("variable", variable.name, f"{path}:{variable.lineno}", known=VARIABLES)
    for data in tree.find_all(nodes.TemplateData):
        if match := OUR_MARK.search(data.data):
            line = data.lineno + data.data[: match.start()].count("\n")
            raise ConfigError(f"{path}:{line}: {WRITES_A_MARK}")


def _refuse(kind: str, name: str, where: str, *, known: Iterable[str]) -> NoReturn:
    names = ", ".join(one for one in known if one.isidentifier())  # some tests are signs: `>=`
    raise ConfigError(f"{where}: there is no {kind} {name!r}; there are: {names}")


class _Unknown(StrictUndefined):
    """What is not there fails at once, and says what is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        there = self._undefined_obj
        if self._undefined_hint or not is_dataclass(there):
            return super()._undefined_message
        return f"there is no {self._undefined_name!r} here; there are: {_names(there)}"


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=_Unknown, finalize=_printed, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    for name in OF_HTML:
        del environment.filters[name]
    del environment.globals["lipsum"]
    environment.filters |= FILTERS
    return environment


@lru_cache(maxsize=8)
def _compiled(text: str, path: Path) -> Template:
    environment = _environment()
    return Template.from_code(environment, environment.compile(text, filename=str(path)), environment.globals)


def _printed(value: object) -> Markdown:
    """What `{{ value }}` prints. Raises: TemplateError, for what is no text."""
    if isinstance(value, Markdown):
        return value
    if value is None:
        return Markdown("")
    if isinstance(value, str | int | float | date):
        return escaped(str(value))
    if isinstance(value, Undefined):  # raises, and says why; but for `{{ x if y }}` without an else, which is empty
        return Markdown(str(value))
    has = f"; it has: {_names(value)}" if is_dataclass(value) else ""
    raise TemplateError(f"only text can be printed, and this is a {type(value).__name__}{has}")


def _names(value: Any) -> str:
    return ", ".join(one.name for one in fields(value))


def _day(value: date | None) -> str:
    """`28 February 2024`"""
    return f"{value.day} {value:%B %Y}" if value else ""


def _link(label: str, url: str | None) -> Markdown:
    return link(label, url, files=isinstance(url, OwnAddress))


def _join(values: Iterable[object], separator: str = "") -> Markdown:
    return joined(_between(map(_printed, values), separator))


def _between(values: Iterable[Markdown], separator: str) -> Iterator[str]:
    for number, value in enumerate(values):
        if number:
            yield separator
        yield value


def _quoted(text: str) -> Markdown:
    """Each line behind a `> `, as in a block quote or a callout."""
    return Markdown("\n".join(f"> {line}".rstrip() for line in _printed(text).split("\n")))


def _cell(text: str) -> Markdown:
    """As it can stand in a table's cell."""
    return Markdown(re.sub(r"(?<!\\)\|", r"\|", _printed(text).replace("\n", " ")))


FILTERS: dict[str, Callable[..., Any]] = {
    "cell": _cell,
    "day": _day,
    "join": _join,
    "link": _link,
    "quoted": _quoted,
    "wikilink": wikilink,
}


def _examples() -> Iterator[NoteView]:
    """An episode with everything that a layout can meet, and one with nothing that can be missing."""
    episode = Episode(
        key="0" * 16,
        feed="example",
        show="Example show",
        title="Example episode",
        published=datetime(2024, 2, 28, 9, tzinfo=UTC),
        link="https://example.com/1",
        audio_url="https://example.com/1.mp3",
        duration_s=3723,
        show_notes='<p>Notes</p><ul><li><a href="https://example.com/a">A link</a></li></ul>',
        persons=(Person(name="Ada Brook"), Person(name="Bo Stone", role="guest")),
        chapters=(
            Chapter(start_s=0, title="Welcome"),
            Chapter(start_s=754, title="The gauge", url="https://example.com/gauge"),
        ),
    )
    said = Item(text="Text", start_s=754, speaker="Ada Brook", url="https://example.com/b", label="Label")
    kinds = ("prose", "items", "quotes", "links")
    outline = {kind: Section(kind=kind, heading=kind.title()) for kind in kinds}
    found = {kind: planned.model_copy(update={"items": (said, Item(text="Text"))}) for kind, planned in outline.items()}
    heard = Record(key=episode.key, title=episode.title, source="publisher")
    yield view_of(episode, heard, outline=outline, sections=found)
    bare = Episode(key=episode.key, feed="example", show=episode.show, title=episode.title)
    yield view_of(bare, Record(key=bare.key, title=bare.title), outline=outline, sections={})
