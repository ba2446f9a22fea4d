"""Rows for tests: a builder that names only what matters."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from inkwell_pipeline.costs import Row, Usage

__all__ = ["NOON", "row"]

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)


def row(id: str = "1", **changes: Any) -> Row:  # noqa: A002  the field's name
    """A request of the feed `rivers` that cost a cent."""
    values: dict[str, Any] = {
        "time": NOON,
        "run": "run-1",
        "feed": "rivers",
        "episode": "0123456789abcdef",
        "template": "summary",
        "model": "anthropic:claude-sonnet-4-5",
        "usage": Usage(input=1000, cache_write=900, output=100),
        "cost_usd": Decimal("0.01"),
        "request_id": "req_1",
    }
    return Row(id=id, **{**values, **changes})
