"""What the config's parts have in common: strictness, money, addresses.

Belongs here: values that several parts hold. Does not: the parts (`settings.py`, `source_settings.py`).
"""

from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Part", "Usd", "an_address"]


class Part(BaseModel):
    """A mapping in the file: its keys are known, its values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def an_address(value: str) -> str:
    """`value`, where it is an http address. Raises: ValueError, with what is allowed."""
    try:
        parts = urlsplit(value)
    except ValueError:  # brackets that are no IPv6 address
        raise ValueError("an address must begin with http:// or https:// and name a host") from None
    try:
        _ = parts.port
    except ValueError:  # in our words: urllib's hold a part of the address, which may be a password's
        says = "an address's port must be a number; `/`, `?` and `#` in a password are written as %2F, %3F, %23"
        raise ValueError(says) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address must begin with http:// or https:// and name a host")
    return value


def _usd(value: object) -> object:
    """YAML has floats for money; their shortest text is what the user typed."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


Usd = Annotated[Decimal, BeforeValidator(_usd), Field(ge=0)]
