"""What an address sounds like: "example.com/path", "example dot com slash path".

Belongs here: every address that a transcript may name, as it is written. Does not: which of them are meant
(`links.py`), which pages they are (`pages.py`).
"""

import re
from collections.abc import Iterator

__all__ = ["ADDRESS", "TOP", "every_address", "written"]

# Domains in use among shows' links. Not all there are: "node.js" and "package.json" are no addresses.
TOP = "com|org|net|io|dev|fm|co|edu|gov|app|me|tv|ai|uk|ca|de|eu|fr|nl|ch|se|info|xyz|tech|cloud|sh|page|blog"
ADDRESS = re.compile(
    r"(?<![\w@.-])(?P<scheme>https?://)?(?P<www>www(?:\.| dot ))?"
    rf"(?P<host>[a-z0-9-]{{2,63}}(?:(?:\.| dot )[a-z0-9-]{{2,63}}){{0,3}}?(?:\.| dot )(?:{TOP}))"
    r"(?![\w@-]|\.\w| dot )"
    r"(?P<path>(?:/[^\s<>]*|(?: (?:forward |ford )?slash [\w-]+){0,3}))",
    re.IGNORECASE,
)
SPOKEN_DOT = re.compile(" dot ", re.IGNORECASE)
SPOKEN_SLASH = re.compile(r" (?:forward |ford )?slash ", re.IGNORECASE)


def every_address(text: str) -> Iterator[str]:
    """Hosts with paths, without a doubt about any: what may have been meant, for those who know an address already."""
    yield from map(written, ADDRESS.finditer(text))


def written(match: re.Match[str]) -> str:
    """A match of ADDRESS as it is typed, without the scheme."""
    host = SPOKEN_DOT.sub(".", match["host"]).lower()
    return host + SPOKEN_SLASH.sub("/", match["path"]).rstrip(".,;:!?)]}'\"”’")
