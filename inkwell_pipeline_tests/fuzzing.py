"""How much the fuzz tests try: little in the default run, as much as `INKWELL_FUZZ_EXAMPLES` says elsewhere."""

import os

__all__ = ["examples"]


def examples(default: int) -> int:
    """The number of examples of a fuzz test."""
    return int(os.environ.get("INKWELL_FUZZ_EXAMPLES", default))
