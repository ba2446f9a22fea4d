"""A note's layout: ours, or the user's own (`note_template`), read and checked at the start.

Belongs here: which text is the layout, and its mistakes as one line. Does not: the language it is written in
(`templating.py`, which needs jinja2 and is imported when first needed), its variables (`view.py`).
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from inkwell_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from inkwell_pipeline.notes.view import NoteView

__all__ = ["Layout", "packaged_layout", "read_layout"]


@dataclass(frozen=True)
class Layout:
    """The text of a layout, and the file that it stands in."""

    path: Path
    text: str

    @property
    def digest(self) -> str:
        """Changes with the text, so that notes are made anew."""
        return sha256(self.text.encode()).hexdigest()

    def body(self, view: "NoteView") -> str:
        """What stands between the marks, LF at its end. Raises: PermanentError, with file and line."""
        from inkwell_pipeline.notes import templating

        return templating.body(self.text, self.path, view)


def read_layout(path: Path | None) -> Layout:
    """The layout in the user's file, or ours. Blocks; meant for the start.

    Raises: ConfigError, one line with file and line, what is wrong and what is known, where the file cannot be read,
    is no layout, or fails on an episode with everything or on one with nothing.
    """
    if path is None:
        return packaged_layout()
    try:
        layout = Layout(path, path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file, though note_template names it") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    from inkwell_pipeline.notes import templating

    templating.check(layout.text, layout.path)
    return layout


@cache
def packaged_layout() -> Layout:
    """Ours."""
    path = Path(str(files("inkwell_pipeline.notes") / "layout.md.j2"))
    return Layout(path, path.read_text(encoding="utf-8"))
