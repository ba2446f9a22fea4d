"""What goes wrong at a model provider: errors it tells, and those where it says nothing that can be read.

Belongs here: faults as values, and what each provider calls a trouble. Does not: when they happen (tests say), and how
an error's body looks (`anthropic_api.py` and its like).
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Drop", "Fault", "Garbage", "Stall", "Status", "Trouble", "TroubleName", "told"]

Family: TypeAlias = Literal["anthropic", "openai", "google"]
TroubleName: TypeAlias = Literal[
    "rate limit", "overloaded", "unavailable", "broken", "wrong key", "no model", "too long", "no quota", "bad request"
]


@dataclass(frozen=True)
class Status:
    """An error with its HTTP status. `type`: the provider's word; OpenAI's `error_code`, where it has one.

    The wait is told in Retry-After, by Google in the body's RetryInfo.
    """

    code: int
    type: str
    message: str
    retry_after_s: float | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Trouble:
    """The same trouble at any provider, each tells it in its way."""

    name: TroubleName
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Drop:
    """The connection ends: before the answer, or `midway` in its body. `billed`: the work had been done."""

    midway: bool = False
    billed: bool = False


@dataclass(frozen=True)
class Stall:
    """Nothing is sent for `seconds`; then, or when the fake closes, the connection ends."""

    seconds: float
    billed: bool = False


@dataclass(frozen=True)
class Garbage:
    """200, and this for JSON."""

    body: bytes = b"<html><body>Bad gateway</body></html>"


Fault: TypeAlias = Status | Trouble | Drop | Stall | Garbage

TOLD: dict[Family, dict[TroubleName, Status]] = {
    # https://platform.claude.com/docs/en/api/errors
    "anthropic": {
        "rate limit": Status(429, "rate_limit_error", "This request would exceed your organization's rate limit"),
        "overloaded": Status(529, "overloaded_error", "Overloaded"),
        "unavailable": Status(503, "api_error", "Service unavailable"),
        "broken": Status(500, "api_error", "Internal server error"),
        "wrong key": Status(401, "authentication_error", "invalid x-api-key"),
        "no model": Status(404, "not_found_error", "model: no-such-model"),
        "too long": Status(400, "invalid_request_error", "prompt is too long: 200001 tokens > 200000 maximum"),
        "no quota": Status(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        "bad request": Status(400, "invalid_request_error", "messages: at least one message is required"),
    },
    # https://platform.openai.com/docs/guides/error-codes
    "openai": {
        "rate limit": Status(429, "tokens", "Rate limit reached for requests", error_code="rate_limit_exceeded"),
        "overloaded": Status(503, "server_error", "The engine is currently overloaded, please try again later"),
        "unavailable": Status(503, "server_error", "Service unavailable"),
        "broken": Status(500, "server_error", "The server had an error while processing your request"),
        "wrong key": Status(401, "invalid_request_error", "Incorrect API key provided", error_code="invalid_api_key"),
        "no model": Status(404, "invalid_request_error", "The model does not exist", error_code="model_not_found"),
        "too long": Status(
            400,
            "invalid_request_error",
            "Your input exceeds the context window of this model.",
            error_code="context_length_exceeded",
        ),
        "no quota": Status(
            429, "insufficient_quota", "You exceeded your current quota", error_code="insufficient_quota"
        ),
        "bad request": Status(400, "invalid_request_error", "Invalid value"),
    },
    # https://ai.google.dev/gemini-api/docs/troubleshooting
    "google": {
        "rate limit": Status(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, per minute"),
        "overloaded": Status(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        "unavailable": Status(503, "UNAVAILABLE", "The service is currently unavailable."),
        "broken": Status(500, "INTERNAL", "An internal error has occurred."),
        "wrong key": Status(400, "INVALID_ARGUMENT", "API key not valid.", error_code="API_KEY_INVALID"),
        "no model": Status(404, "NOT_FOUND", "models/no-such-model is not found for API version v1beta"),
        "too long": Status(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        ),
        "no quota": Status(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, per day",
            error_code="GenerateRequestsPerDayPerProjectPerModel",
        ),
        "bad request": Status(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    },
}


def told(trouble: Trouble, kind: str) -> Status:
    """What the provider of this kind of API makes of it."""
    family: Family = "openai" if kind.startswith("openai") else "google" if kind == "google" else "anthropic"
    known = TOLD[family][trouble.name]
    return Status(known.code, known.type, known.message, trouble.retry_after_s, known.error_code)
