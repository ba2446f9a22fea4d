"""Names of files and folders that Obsidian, Linux, macOS and Windows can all keep. Pure.

Sources: Microsoft, "Naming Files, Paths, and Namespaces"; Obsidian's own list of characters that break links
(`# ^ [ ] |`); 255 bytes a name on the common Linux file systems.
"""

import re
import unicodedata
from datetime import datetime

__all__ = ["note_name", "safe_name"]

MAX_BYTES = 180  # leaves room for a date, a mark of difference and `.md` within 255
REPLACED = str.maketrans({"/": "-", "\\": "-", "|": "-", '"': "'", "[": "(", "]": ")"})
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *(?:\..*)?)")
JOINERS = "\u200c\u200d"


def safe_name(text: str, *, otherwise: str = "Untitled") -> str:
    """`text` as a name, in Unicode's NFC; `otherwise` where nothing of it can stand in one."""
    name = unicodedata.normalize("NFC", text).translate(REPLACED)
    name = re.sub(r"\s*:\s+", " - ", name).replace(":", "-")
    name = "".join(" " if char.isspace() else char for char in name if char.isspace() or _is_shown(char))
    name = re.sub(r"[*?<>#^]", "", name)
    name = unicodedata.normalize("NFC", name)  # again: what was left out may have parted a letter from its mark
    name = _cut(" ".join(name.split())).strip(f" .{JOINERS}")
    name = RESERVED.sub(r"\1_\2", name) if RESERVED.fullmatch(name) else name  # Windows looks at what is before the dot
    return name or otherwise


def note_name(title: str, published: datetime | None) -> str:
    """`2024-02-28 The title`, without `.md`; without a date, the title alone."""
    day = f"{published:%Y-%m-%d} " if published else ""
    return day + safe_name(title)


def _is_shown(char: str) -> bool:
    """No control characters, surrogates or invisible marks of direction; joiners, which emoji need, may stay."""
    return char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _cut(name: str) -> str:
    return name.encode()[:MAX_BYTES].decode(errors="ignore")
