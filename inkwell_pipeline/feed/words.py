"""A title as a publisher means it. Pure.

Does not belong here: HTML itself (`times.py` reads lines out of it, `notes/` renders it).
"""

from inkwell_pipeline.references import unescaped

__all__ = ["plain"]


def plain(text: str | None) -> str:
    """A title as text: references decoded once more where the publisher escaped twice, white space folded."""
    return " ".join(unescaped(text or "").split())
