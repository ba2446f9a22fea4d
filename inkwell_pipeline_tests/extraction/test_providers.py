"""Which providers there are: keys, extras, and prefix sizes."""

import pytest

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.extraction.providers import cache_point_pays, check_model


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("openai-chat:mine", "OPENAI_BASE_URL"),
        ("google:gemini-2.5-flash", "GOOGLE_API_KEY"),
        ("google:gemini-2.5-flash", "GEMINI_API_KEY"),
    ],
)
def test_a_key_is_looked_for_where_its_provider_has_it(model: str, variable: str) -> None:
    """One variable is enough; an empty one is none."""
    check_model(model, {variable: "x"})

    with pytest.raises(ConfigError, match=f"model {model}: there is no key") as raised:
        check_model(model, {variable: ""})
    assert "_API_KEY" in str(raised.value.todo)


@pytest.mark.parametrize("model", ["offline", "test"])
def test_what_asks_nobody_needs_no_key(model: str) -> None:
    """Both work at once."""
    check_model(model, {})


@pytest.mark.parametrize(
    ("model", "tokens", "requests", "pays"),
    [
        ("anthropic:claude-haiku-4-5", 4096, 2, True),
        ("anthropic:claude-haiku-4-5", 4095, 2, False),
        ("anthropic:claude-haiku-4-5", 50_000, 1, False),
        ("anthropic:claude-sonnet-4-5-20250929", 1024, 2, True),
        ("anthropic:claude-sonnet-4-6", 1500, 2, False),
        ("anthropic:claude-opus-4-1", 1024, 4, True),
        ("anthropic:one-of-next-year", 2048, 4, False),
        ("openai:gpt-5-mini", 1024, 2, True),
        ("groq:llama", 50_000, 4, False),
    ],
)
def test_a_cache_point_pays_from_the_provider_s_minimum(model: str, tokens: int, requests: int, pays: bool) -> None:
    """And for two requests or more: one alone pays the quarter for nobody."""
    assert cache_point_pays(model, prefix_tokens=tokens, requests=requests) is pays
