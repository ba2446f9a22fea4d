"""The language of templates' prompts: jinja2, sandboxed, with the few things that are known before anybody answers.

Belongs here: the variables, and errors with what is known. Does not: prompts that are words alone (`asked.py`). The
transcript is no variable: it stands before every template's own words, where a provider's cache can keep it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inkwell_pipeline.extraction.extractor import Material
from inkwell_pipeline.models import Chapter, Transcript

__all__ = ["VARIABLES", "filled_in", "mistake_in"]

VARIABLES = ("title", "show", "people", "chapters", "language")
LONGEST = 20_000  # characters of a prompt that is filled in: a loop may make any number of them
EXAMPLES = (
    Material(Transcript(source="publisher", segments=()), title="", show=""),
    Material(
        Transcript(source="publisher", language="en", segments=()),
        title="Example episode",
        show="Example show",
        people=("Ada Brook",),
        chapters=(Chapter(start_s=0, title="Welcome"),),
    ),
)


def filled_in(prompt: str, material: Material) -> str:
    """The prompt's words for an episode. Raises: ValueError, with what is wrong in it."""
    try:
        parts, length = [], 0
        for part in _compiled(prompt).generate(_values(material)):
            length += len(part)
            if length > LONGEST:
                raise ValueError(f"it becomes longer than {LONGEST} characters")
            parts.append(part)
        return "".join(parts)
    except TemplateError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise
    except Exception as error:  # whatever an expression comes to: `1 / 0`
        raise ValueError(f"{type(error).__name__}: {error}") from None


def mistake_in(prompt: str) -> str | None:
    """What is wrong with a prompt, in one line; None: nothing, for an episode with everything and for one without."""
    try:
        unknown = meta.find_undeclared_variables(_environment().parse(prompt)) - {*VARIABLES, *_environment().globals}
    except TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    if unknown:
        first = min(unknown)
        hint = "; the transcript is sent before it anyway" if first == "transcript" else ""
        return f"there is no variable {first!r}; there are: {', '.join(VARIABLES)}{hint}"
    try:
        for example in EXAMPLES:
            filled_in(prompt, example)
    except ValueError as error:
        return str(error)
    return None


def _values(material: Material) -> Mapping[str, Any]:
    return {
        "title": material.title,
        "show": material.show,
        "people": list(material.people),
        "chapters": [chapter.title for chapter in material.chapters if chapter.in_contents],
        "language": material.transcript.language or "",
    }


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


@lru_cache(maxsize=64)
def _compiled(prompt: str) -> Any:
    return _environment().from_string(prompt)
