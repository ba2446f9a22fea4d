"""The config: an `inkwell.yaml` becomes one frozen `Settings`, or one clear line.

Belongs here: the file's form, its defaults, where it is looked for, what overrides it, and its errors.
Does not: opening anything that the config names (`defs/resources.py` wires), templates (`extraction/templates.py`).
Nothing is read at import; `load_settings` reads the file and the environment when it is called.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from inkwell_pipeline.config_parts import Part, Usd, an_address
from inkwell_pipeline.documents import line_of, read_document, validated
from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.source_settings import PublisherSource, Sources, SourceSettings

__all__ = [
    "DAY_S",
    "OFFLINE",
    "PRETEND",
    "AudioSettings",
    "Auth",
    "BudgetSettings",
    "CacheSettings",
    "Concurrency",
    "FeedSettings",
    "Price",
    "QuoteSettings",
    "Settings",
    "load_settings",
    "model_name",
    "named_feeds",
]

CONFIG_NAME = "inkwell.yaml"
DAY_S = 86400
OFFLINE, PRETEND = "offline", "test"  # models that need no provider
DEFAULT_TEMPLATES = ("summary", "key-ideas", "quotes", "links")
DEFAULT_SOURCES: tuple[SourceSettings, ...] = (PublisherSource(),)
FEED_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _a_url_or_path(value: object) -> object:
    return an_address(value) if isinstance(value, str) and "://" in value else value


def model_name(model: str) -> str:
    """The name, where it has a model's form. Raises: ValueError, with what is allowed."""
    if model not in (OFFLINE, PRETEND) and not re.fullmatch(r"[a-z][a-z0-9/_-]*:\S+", model):
        raise ValueError(
            f"must be `offline`, `test`, or a provider and its model, such as `anthropic:claude-…`, not {model!r}"
        )
    return model


def _model(value: object) -> object:
    return model_name(value) if isinstance(value, str) else value


Source = Annotated[str, BeforeValidator(_a_url_or_path), Field(min_length=1)]
Model = Annotated[str, BeforeValidator(_model)]
Newest = Annotated[int, Field(ge=1)]
Templates = Annotated[list[str], Field(min_length=1)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Minutes = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PollMinutes = Annotated[float, Field(ge=0.05, allow_inf_nan=False)]


class Auth(Part):
    """Names of environment variables that hold a private feed's secrets; never a secret itself."""

    username_env: str | None = None
    password_env: str | None = None
    bearer_env: str | None = None

    def model_post_init(self, _: Any) -> None:
        basic = self.username_env is not None and self.password_env is not None
        either = self.username_env is not None or self.password_env is not None
        if either != basic or basic == (self.bearer_env is not None):
            raise ValueError("needs `username_env` and `password_env`, or `bearer_env` alone")


class Concurrency(Part):
    """How many at once: requests to a model, requests to one host; and, on this machine, transcripts being made."""

    llm: Annotated[int, Field(ge=1)] = 8
    http: Annotated[int, Field(ge=1)] = 8
    transcribe: Annotated[int, Field(ge=1)] = 1


class AudioSettings(Part):
    """What one episode's audio may be and take at most. It is fetched only where a source needs it."""

    max_mb: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1000
    timeout_minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60


class CacheSettings(Part):
    """How long transcripts and extractions are kept, in days; None: for good, since somebody may have paid for them."""

    ttl_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def ttl_s(self) -> float | None:
        return None if self.ttl_days is None else self.ttl_days * DAY_S


class BudgetSettings(Part):
    """What models may cost, in USD: in a calendar month (UTC) of all runs, and in one run; None: no limit."""

    monthly_usd: Usd | None = None
    per_run_usd: Usd | None = None


class Price(Part):
    """USD per million tokens of a model that no list knows, or that costs somebody else than the list says."""

    input: Usd
    output: Usd
    cache_write: Usd | None = None  # None: as `input`
    cache_read: Usd | None = None


class QuoteSettings(Part):
    """How many of the quotes may be invented before the check `quotes_are_verbatim` is red; none of them is shown."""

    unverified_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0


class _FeedPart(Part):
    url: Source
    newest: Newest | None = None
    templates: Templates | None = None
    model: Model | None = None
    language: Language | None = None
    poll_minutes: PollMinutes | None = None
    watch: bool = False
    auth: Auth | None = None
    transcribe: Sources | None = None
    max_minutes: Minutes | None = None
    diarize: bool | None = None


class _File(Part):
    vault: Annotated[str, Field(min_length=1)] = "./vault"
    folder: str = "Podcasts"
    data_dir: Annotated[str, Field(min_length=1)] = ".inkwell"
    model: Model = OFFLINE
    templates: Templates = Field(default=list(DEFAULT_TEMPLATES))
    template_dir: str | None = None
    note_template: Annotated[str, Field(min_length=1)] | None = None
    newest: Newest = 5
    language: Language = "en"
    poll_minutes: PollMinutes = 30
    budget: BudgetSettings = BudgetSettings()
    prices: dict[str, Price] = Field(default={})
    quotes: QuoteSettings = QuoteSettings()
    concurrency: Concurrency = Concurrency()
    cache: CacheSettings = CacheSettings()
    transcribe: Sources = Field(default=list(DEFAULT_SOURCES))
    max_minutes: Minutes | None = None
    diarize: bool = False
    audio: AudioSettings = AudioSettings()
    keep_audio: bool = False
    allow_private_hosts: bool = False
    feeds: Annotated[dict[str, _FeedPart], Field(min_length=1)]


@dataclass(frozen=True)
class FeedSettings:
    """One feed with all that it inherits. `source` is an http(s) address, or an absolute path of a file.

    `max_minutes`: an episode that is longer is not transcribed; None: no matter how long.
    """

    name: str
    source: str | Path
    newest: int = 5
    templates: tuple[str, ...] = DEFAULT_TEMPLATES
    model: str = OFFLINE
    language: str = "en"
    poll_minutes: float = 30
    watch: bool = False
    auth: Auth | None = None
    transcribe: tuple[SourceSettings, ...] = DEFAULT_SOURCES
    max_minutes: float | None = None
    diarize: bool = False


@dataclass(frozen=True)
class Settings:
    """The whole config, resolved: paths are absolute, every feed has all of its values."""

    config: Path
    vault: Path
    data_dir: Path
    folder: str = "Podcasts"
    template_dir: Path | None = None
    note_template: Path | None = None
    concurrency: Concurrency = field(default_factory=Concurrency)
    cache: CacheSettings = field(default_factory=CacheSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    prices: Mapping[str, Price] = field(default_factory=dict)
    quotes: QuoteSettings = field(default_factory=QuoteSettings)
    audio: AudioSettings = field(default_factory=AudioSettings)
    keep_audio: bool = False
    allow_private_hosts: bool = False
    feeds: Mapping[str, FeedSettings] = field(default_factory=dict)


def load_settings(environment: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """The config that counts in `folder` (default: the current one) and `environment` (default: the process's).

    Looks at `INKWELL_CONFIG`, then `./inkwell.yaml`, then takes the packaged sample, whose vault and data lie in
    `folder`. Raises: ConfigError, one line with file, line, key and what is allowed.
    """
    environment = os.environ if environment is None else environment
    folder = (folder or Path.cwd()).absolute()
    path, is_sample = _find(environment, folder)
    document = read_document(path, missing="there is no such file, though INKWELL_CONFIG names it")
    parsed = validated(_File, document, path)
    _check_names(parsed, document, path)
    base = folder if is_sample else path.parent
    model = environment.get("INKWELL_MODEL") or None
    if model:
        try:
            _model(model)
        except ValueError as error:
            raise ConfigError(f"INKWELL_MODEL={model}: {error}") from None

    def place(variable: str, key: str, text: str) -> Path:
        named = environment.get(variable)
        return _path(named, folder, variable) if named else _path(text, base, f"{path}: {key}")

    return Settings(
        config=path,
        vault=place("INKWELL_VAULT", "vault", parsed.vault),
        data_dir=place("INKWELL_DATA_DIR", "data_dir", parsed.data_dir),
        folder=_inside_vault(parsed.folder, f"{path}{line_of(document, ('folder',))}"),
        template_dir=_path(parsed.template_dir, base, f"{path}: template_dir") if parsed.template_dir else None,
        note_template=_path(parsed.note_template, base, f"{path}: note_template") if parsed.note_template else None,
        concurrency=parsed.concurrency,
        cache=parsed.cache,
        budget=parsed.budget,
        prices=parsed.prices,
        quotes=parsed.quotes,
        audio=parsed.audio,
        keep_audio=parsed.keep_audio,
        allow_private_hosts=parsed.allow_private_hosts,
        feeds={name: _feed(name, part, parsed, model=model, config=path) for name, part in parsed.feeds.items()},
    )


def named_feeds(settings: Settings, names: Sequence[str]) -> list[str]:
    """The feeds of these names, each once; all of them by default. Raises: ConfigError, where there is no such feed."""
    if unknown := [name for name in names if name not in settings.feeds]:
        known = ", ".join(settings.feeds)
        raise ConfigError(f"{settings.config}: there is no feed {unknown[0]!r}; there are: {known}")
    return list(dict.fromkeys(names or settings.feeds))


def _find(environment: Mapping[str, str], folder: Path) -> tuple[Path, bool]:
    if named := environment.get("INKWELL_CONFIG"):
        return _path(named, folder, "INKWELL_CONFIG"), False
    if (folder / CONFIG_NAME).exists():
        return folder / CONFIG_NAME, False
    return Path(str(files("inkwell_pipeline") / "sample" / CONFIG_NAME)), True


def _check_names(parsed: _File, document: dict[str, Any], path: Path) -> None:
    alike: dict[str, str] = {}
    for name in parsed.feeds:
        if (other := alike.setdefault(name.replace("-", "_"), name)) != name:
            raise ConfigError(
                f"{path}{line_of(document, ('feeds', name))}: feeds.{name}: differs from {other} in `-` and `_` alone, "
                "so that their sensors would have one name"
            )
        if not FEED_NAME.fullmatch(name):
            raise ConfigError(
                f"{path}{line_of(document, ('feeds', name))}: feeds.{name}: a feed's name has small letters, digits, "
                "`-` and `_`, a letter or digit first"
            )


def _path(text: str, base: Path, where: str) -> Path:
    try:
        return Path(os.path.normpath(base / Path(text).expanduser()))
    except RuntimeError:
        raise ConfigError(f"{where}: nobody of that name has a home folder here: {text}") from None


def _inside_vault(folder: str, where: str) -> str:
    if Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise ConfigError(f"{where}: folder: must be a folder in the vault, not {folder!r}")
    return folder


def _feed(name: str, part: _FeedPart, whole: _File, *, model: str | None, config: Path) -> FeedSettings:
    local = None if "://" in part.url else _path(part.url, config.parent, f"{config}: feeds.{name}.url")
    return FeedSettings(
        name=name,
        source=local or part.url,
        newest=part.newest or whole.newest,
        templates=tuple(part.templates or whole.templates),
        model=model or part.model or whole.model,
        language=part.language or whole.language,
        poll_minutes=part.poll_minutes or whole.poll_minutes,
        watch=part.watch,
        auth=part.auth,
        transcribe=tuple(part.transcribe or whole.transcribe),
        max_minutes=part.max_minutes or whole.max_minutes,
        diarize=whole.diarize if part.diarize is None else part.diarize,
    )
