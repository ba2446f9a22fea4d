"""YAML that people write: read, validated, and mistakes told in one line with file, line and key.

Belongs here: what the config and the templates have in common. Does not: what may stand in them (`settings.py`,
`extraction/templates.py`).
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inkwell_pipeline.errors import ConfigError

__all__ = ["first_mistake", "line_of", "read_document", "validated"]

M = TypeVar("M", bound=BaseModel)


def read_document(path: Path, *, missing: str = "there is no such file") -> dict[str, Any]:
    """The mapping in a YAML 1.2 file. Raises: ConfigError, with file and line."""
    try:
        document = YAML().load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: {missing}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: is not YAML: {_problem(error)}") from None
    except Exception as error:  # whatever ruamel's constructors stumble over: `2024-13-45`, `!!bool maybe`, nesting
        raise ConfigError(f"{path}: is not YAML: {type(error).__name__}: {error}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: must hold keys and values (`key: value`)")
    return document


def validated(model: type[M], document: dict[str, Any], path: Path) -> M:
    """The document as `model`. Raises: ConfigError, the first mistake in one line, and what is allowed."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        keys, says = first_mistake(model, error)
        raise ConfigError(f"{path}{line_of(document, keys)}: {'.'.join(keys) or 'the file'}: {says}") from None


def first_mistake(model: type[BaseModel], error: ValidationError) -> tuple[tuple[str, ...], str]:
    """The keys that lead to it in what should be a `model`; what is wrong there, and how many more there are."""
    # an unknown key first: it is the mistake, and what is missing its consequence
    errors = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    first, *others = errors
    keys = tuple(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            says = f"unknown key; allowed here: {', '.join(_allowed(model, keys[:-1]))}"
        case "missing":
            says = "is missing"
        case "too_short" | "string_too_short":
            says = "must not be empty"
        case "value_error":
            says = str(first["msg"]).removeprefix("Value error, ")
        case "model_type" | "dict_type":
            says = f"must hold keys and values: {', '.join(_allowed(model, keys)) or 'a name each'}"
        case _:
            says = f"{first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']!r}"
    return keys, says + (f" (and {len(others)} more)" if others else "")


def line_of(document: Any, keys: Sequence[str]) -> str:
    """`:line` of the deepest of `keys` that stands in the document; ruamel keeps a line for each key and entry."""
    found = ""
    for key in keys:
        at: Any = key
        if isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            at = int(key)
        elif not isinstance(document, dict) or key not in document:
            break
        if lines := getattr(document, "lc", None):
            with suppress(KeyError):  # a key that came through `<<` has no line of its own
                found = f":{(lines.item(at) if isinstance(at, int) else lines.key(at))[0] + 1}"
        document = document[at]
    return found


def _problem(error: YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)
    return str(problem).strip().split("\n")[0]


def _allowed(model: type[BaseModel], keys: Sequence[str]) -> list[str]:
    """The keys of the part of `model` that lies at `keys`; none where a name of the user's own stands there."""
    part: Any = model
    for key in keys:
        part = part.model_fields[key].annotation if _is_model(part) else _value_type(part)
        if get_origin(part) in (Union, UnionType):  # `Part | None`
            part = next((choice for choice in get_args(part) if _is_model(choice)), part)
    return sorted(part.model_fields) if _is_model(part) else []


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _value_type(part: Any) -> Any:
    return get_args(part)[1] if get_origin(part) is dict else Any
