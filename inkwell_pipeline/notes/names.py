"""Names of files and folders that Obsidian, Linux, macOS and Windows can all keep. Pure.

Belongs here: a title as a name, when two names are one, the names that sync tools give to copies. Does not: files.
Sources: Microsoft, "Naming Files, Paths, and Namespaces"; Obsidian's own list of characters that break links
(`# ^ [ ] |`); 255 bytes a name on the common Linux file systems; the sync tools' own help pages.
"""

import re
import unicodedata
from datetime import datetime

__all__ = ["folded", "is_conflict_copy", "note_name", "safe_name", "show_name"]

MAX_BYTES = 180  # leaves room for a date, a mark of difference and `.md` within 255
# Windows counts the whole path, to 260 where nobody has changed that: 100 are left for the vault and its folders
MAX_TITLE_UNITS, MAX_SHOW_UNITS = 100, 60
REPLACED = str.maketrans({"/": "-", "\\": "-", "|": "-", '"': "'", "[": "(", "]": ")"})
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *(?:\..*)?)")
JOINERS = "\u200c\u200d"
CONFLICT_COPY = re.compile(
    r"(?:\.sync-conflict-\d{8}-\d{6}(?:-[A-Z0-9]{7})?"  # Syncthing
    r"|\((?:[^()]{0,80} )?(?i:conflicted copy)(?: [^()]{0,80})?\)"  # Dropbox, ownCloud, Nextcloud, Obsidian Sync
    r"|\.Conflict ?\d{0,3}"  # Resilio
    r"|_[\w-]{1,60}_[A-Z][a-z]{2}-\d\d-\d{4}-\d{4}_\w{0,30}Conflict(?:_\d{1,3})?"  # Synology Drive
    r"| \(\d{1,2}\)| \d{1,2}"  # Google Drive and browsers; iCloud, and a copy made in Obsidian
    r"|-[A-Z][A-Z0-9]{1,14}(?:-[A-Z0-9]{1,15}){0,3})$"  # OneDrive: the machine's name
)


def safe_name(text: str, *, otherwise: str = "Untitled", max_units: int = MAX_TITLE_UNITS) -> str:
    """`text` as a name, in Unicode's NFC; `otherwise` where nothing of it can stand in one.

    At most `max_units` of UTF-16 and MAX_BYTES of UTF-8 long, cut between what a reader sees as characters.
    """
    name = unicodedata.normalize("NFC", text).translate(REPLACED)
    name = re.sub(r"\s*:\s+", " - ", name).replace(":", "-")
    name = "".join(" " if char.isspace() else char for char in name if char.isspace() or _is_shown(char))
    name = re.sub(r"[*?<>#^]", "", name)
    name = unicodedata.normalize("NFC", name)  # again: what was left out may have parted a letter from its mark
    name = _cut(" ".join(name.split()), max_units).strip(f" .{JOINERS}")
    name = RESERVED.sub(r"\1_\2", name) if RESERVED.fullmatch(name) else name  # Windows looks at what is before the dot
    return name or otherwise


def note_name(title: str, published: datetime | None) -> str:
    """`2024-02-28 The title`, without `.md`; without a date, the title alone."""
    day = f"{published:%Y-%m-%d} " if published else ""
    return day + safe_name(title)


def show_name(title: str) -> str:
    """The name of a show's folder."""
    return safe_name(title, max_units=MAX_SHOW_UNITS)


def folded(name: str) -> str:
    """The same for two names that a file system can take for one: on macOS and Windows neither case nor form counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_conflict_copy(stem: str) -> bool:
    """Whether a file's name, without `.md`, may be one that a sync tool gave to a second version of a note.

    Titles can end so, too (`Part 2`): it counts only where another file says that it is the same note.
    """
    return CONFLICT_COPY.search(stem) is not None


def _is_shown(char: str) -> bool:
    """No control characters, surrogates or invisible marks of direction; joiners, which emoji need, may stay."""
    return char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _cut(name: str, max_units: int) -> str:
    """The longest beginning that fits, without half a letter: no accent, skin tone or joined emoji is torn off."""
    fits = name.encode()[:MAX_BYTES].decode(errors="ignore")
    while len(fits.encode("utf-16-le")) > 2 * max_units:
        fits = fits[:-1]
    end = len(fits)
    while 0 < end < len(name) and _belongs_to_the_one_before(name, end):
        end -= 1
    return name[: end or len(fits)]


def _belongs_to_the_one_before(name: str, index: int) -> bool:
    char, before = name[index], name[index - 1]
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # a flag is two letters; the first of them begins one
        run = re.search("[\U0001f1e6-\U0001f1ff]*$", name[:index])
        return run is not None and len(run[0]) % 2 == 1
    is_mark = unicodedata.category(char) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= char <= "\U0001f3ff"
    return is_mark or char in JOINERS or before == "\u200d"
