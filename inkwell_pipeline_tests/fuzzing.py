"""How long fuzz tests run: short by default, longer where INKWELL_FUZZ_EXAMPLES says so (CI, `make soak`)."""

import os

__all__ = ["examples"]


def examples(default: int) -> int:
    """The number of examples for hypothesis: `default`, or what the environment asks for."""
    return int(os.environ.get("INKWELL_FUZZ_EXAMPLES", default))
