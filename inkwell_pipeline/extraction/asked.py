"""What a template's prompt asks of an episode.

Belongs here: prompts that are words alone, as all of ours are. Does not: the template's file (`templates.py`), the
language of those that are filled in (`filling.py`): it needs jinja2, and is imported when the first of them is read.
"""

from inkwell_pipeline.extraction.extractor import Material

__all__ = ["filled_in", "mistake_in"]

LONGEST_PLAIN = 10_000  # characters; half of what a prompt may become


def filled_in(prompt: str, material: Material) -> str:
    """The prompt's words for an episode. Raises: ValueError, with what is wrong in it."""
    if _is_plain(prompt):
        return prompt.removesuffix("\n")  # as jinja2 has it
    from inkwell_pipeline.extraction import filling

    return filling.filled_in(prompt, material)


def mistake_in(prompt: str) -> str | None:
    """What is wrong with a prompt, in one line; None: nothing, for an episode with everything and for one without."""
    if _is_plain(prompt):
        return None
    from inkwell_pipeline.extraction import filling

    return filling.mistake_in(prompt)


def _is_plain(prompt: str) -> bool:
    return not any(sign in prompt for sign in "{\r") and len(prompt) <= LONGEST_PLAIN  # jinja2 changes "\r", too
