"""The config's list `transcribe`: who makes or has an episode's transcript, in the order they are tried.

Belongs here: each source's keys, their defaults, and how an entry of the list is told to be which. Does not: what a
source does (`transcript/`), the rest of the config (`settings.py`).
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, ValidationError

from inkwell_pipeline.config_parts import Part, Usd, an_address
from inkwell_pipeline.documents import first_mistake

__all__ = [
    "AUDIO",
    "CommandSource",
    "PublisherSource",
    "ServiceSource",
    "SourceSettings",
    "Sources",
    "WhisperSource",
    "YouTubeSource",
]

AUDIO = "{audio}"  # where a command has the path of the audio
WORD = re.compile(r"[\w-]{0,30}")
KEY_ENV = "OPENAI_API_KEY"
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise ValueError(f"cannot be split into words as a shell would: {str(error).lower()}") from None


def _a_command(command: str) -> str:
    if not any(AUDIO in word for word in _words(command)):
        raise ValueError(f"must hold {AUDIO}, where the path of the audio goes")
    return command


def _arguments(arguments: str) -> str:
    _words(arguments)
    return arguments


def _a_service(url: str) -> str:
    if urlsplit(an_address(url)).username is not None:
        raise ValueError("must hold no user and password: the name of a variable with the key goes to `key_env`")
    return url


class _Source(Part):
    """`timeout_s`: after which it is ended; None: the larger of 60 s and four times the audio's length.

    Each has a `name`: what people read beside an episode whose text it gave.
    """

    timeout_s: Seconds | None = None


class PublisherSource(_Source):
    """The transcripts that the feed names."""

    @property
    def name(self) -> str:
        return "publisher"


class YouTubeSource(_Source):
    """The captions of the episode's video, where the feed or the show notes link it."""

    @property
    def name(self) -> str:
        return "youtube"


class CommandSource(_Source):
    """A program of the user's. `diarize`: arguments that have it tell speakers apart, where a feed asks for that."""

    command: Annotated[str, AfterValidator(_a_command)]
    diarize: Annotated[str, AfterValidator(_arguments)] | None = None

    @property
    def program(self) -> str:
        return _words(self.command)[0]

    @property
    def name(self) -> str:
        return f"command {PurePath(self.program).name}"

    def arguments(self, audio: str, *, diarize: bool) -> list[str]:
        """The program and its arguments, for the audio at that path."""
        asked = [*_words(self.command), *(_words(self.diarize or "") if diarize else [])]
        return [word.replace(AUDIO, audio) for word in asked]


class ServiceSource(_Source):
    """An OpenAI-compatible `/audio/transcriptions` below `url`.

    Files above `max_mb`, or longer than `piece_minutes`, are sent in pieces. Without `usd_per_minute` nobody knows the
    cost.
    """

    url: Annotated[str, AfterValidator(_a_service)]
    model: Text
    key_env: Text = KEY_ENV
    usd_per_minute: Usd | None = None
    max_mb: Annotated[float, Field(ge=0.1, allow_inf_nan=False)] = 25
    piece_minutes: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    language: Text | None = None

    @property
    def name(self) -> str:
        return self.model


class WhisperSource(_Source):
    """faster-whisper, on this machine. `model`: one of its names, or the path of a folder.

    `folder`: where models are kept once they are downloaded; None: where faster-whisper keeps them.
    """

    model: Text = "small"
    folder: Text | None = None
    device: Text = "auto"
    compute_type: Text = "default"
    language: Text | None = None

    @property
    def name(self) -> str:
        return f"faster-whisper {PurePath(self.model).name}"


SourceSettings: TypeAlias = PublisherSource | YouTubeSource | CommandSource | ServiceSource | WhisperSource
NAMED: Mapping[str, type[_Source]] = {
    "publisher": PublisherSource,
    "youtube": YouTubeSource,
    "faster-whisper": WhisperSource,
}
BY_KEY: Mapping[str, type[_Source]] = {"command": CommandSource, "url": ServiceSource}
ALLOWED = "`publisher`, `youtube`, or a mapping that begins with `command`, `url` or `faster-whisper`"


def _source(value: object) -> Any:
    """An entry of the list. Raises: ValueError, with what is allowed."""
    if isinstance(value, str) and value in NAMED:
        return NAMED[value]()
    if not isinstance(value, Mapping):
        raise ValueError(f"must be {ALLOWED}, not {_shown(value)}")
    kinds = [key for key in value if key in NAMED or key in BY_KEY]
    if len(kinds) != 1:
        if kinds:
            raise ValueError(f"names {' and '.join(kinds)}: each is an entry of its own")
        raise ValueError(f"must be {ALLOWED}, not {', '.join(map(_shown, value))}")
    (kind,) = kinds
    if kind in BY_KEY:
        return _validated(BY_KEY[kind], value)
    inside = value[kind] if value[kind] is not None else {}
    if not isinstance(inside, Mapping):
        raise ValueError(f"{kind}: must hold keys and values, not {_shown(inside)}")
    return _validated(NAMED[kind], {**inside, **{key: value[key] for key in value if key != kind}}, below=(kind,))


def _shown(value: object) -> str:
    """What stands there, where it is a word or a number: a longer text may be an address with a password."""
    if value is None or isinstance(value, int | float) or (isinstance(value, str) and WORD.fullmatch(value)):
        return repr(value)
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, Mapping) else "that"


def _validated(model: type[_Source], value: Mapping[str, object], *, below: tuple[str, ...] = ()) -> _Source:
    try:
        return model.model_validate(dict(value))
    except ValidationError as error:
        keys, says = first_mistake(model, error)
        raise ValueError(f"{'.'.join((*below, *keys))}: {says}") from None


Sources = Annotated[list[Annotated[SourceSettings, PlainValidator(_source)]], Field(min_length=1)]
