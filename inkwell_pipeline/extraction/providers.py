"""Which providers there are, what each needs, and when its prefix cache takes a prompt. Pure: nothing is imported.

Belongs here: names, keys, extras, sizes. Does not: asking a model (`sdk.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.settings import OFFLINE, PRETEND

__all__ = ["cache_point_pays", "check_model"]


@dataclass(frozen=True)
class _Provider:
    extra: str  # of this package
    module: str  # of its SDK
    keys: tuple[str, ...]  # environment variables, one of which has to be set


OPENAI = _Provider("openai", "openai", ("OPENAI_API_KEY", "OPENAI_BASE_URL"))  # servers of one's own need no key
PROVIDERS = {
    "anthropic": _Provider("anthropic", "anthropic", ("ANTHROPIC_API_KEY",)),
    "google": _Provider("google", "google.genai", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    "openai": OPENAI,
    "openai-chat": OPENAI,
    "openai-responses": OPENAI,
}

# The fewest tokens of a prefix that is cached at all, by the beginning of the model's name; the longest beginning
# counts. Source: Anthropic's documentation, "Prompt caching", as of 2026-03; where descriptions differ, the larger.
MINIMUM_TOKENS = {
    "anthropic:": 4096,  # unknown and newer ones
    "anthropic:claude-opus-4-0": 1024,
    "anthropic:claude-opus-4-1": 1024,
    "anthropic:claude-opus-4-2025": 1024,
    "anthropic:claude-sonnet-4-0": 1024,
    "anthropic:claude-sonnet-4-2025": 1024,
    "anthropic:claude-sonnet-4-5": 1024,
    "anthropic:claude-sonnet-4-6": 2048,
    "anthropic:claude-3-7-sonnet": 1024,
    "anthropic:claude-3-5-haiku": 2048,
    "anthropic:claude-3-haiku": 2048,
    "openai": 1024,  # automatic from there on (OpenAI's documentation, "Prompt caching")
}


def cache_point_pays(model: str, *, prefix_tokens: int, requests: int) -> bool:
    """Whether to ask for the prefix to be cached: written once at 1.25 of the price, read at 0.1 by those after it.

    One request alone would pay the quarter for nobody. Where a provider caches by itself, a point changes nothing.
    """
    fitting = [beginning for beginning in MINIMUM_TOKENS if model.startswith(beginning)]
    return requests > 1 and bool(fitting) and prefix_tokens >= MINIMUM_TOKENS[max(fitting, key=len)]


def check_model(model: str, environment: Mapping[str, str]) -> None:
    """Raises: ConfigError, where what a model needs is not there: the extra, or the provider's key. Asks nobody."""
    if model in (OFFLINE, PRETEND):
        return
    name = model.partition(":")[0]
    provider = PROVIDERS.get(name)
    extra = provider.extra if provider else "openai"
    if find_spec("pydantic_ai") is None or (provider and _is_missing(provider.module)):
        raise ConfigError(
            f"model {model}: what talks to {name} is not installed",
            todo=f'pip install "inkwell-pipeline[{extra}]"',
        )
    if provider and not any(environment.get(key) for key in provider.keys):
        raise ConfigError(
            f"model {model}: there is no key for {name} in the environment",
            todo=f"set {provider.keys[0]}, as the provider gave it to you, where this program runs",
        )


def _is_missing(module: str) -> bool:
    try:
        return find_spec(module) is None
    except ModuleNotFoundError:  # the package around it is not there
        return True
