"""The namespaces of feeds, and one name for each of their elements whatever the prefix.

Belongs here: which address is which namespace. Does not: what an element says (`elements.py`).
"""

from functools import lru_cache

from lxml import etree

__all__ = ["PREFIXES", "RDF", "local_name", "usual_name"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {  # by address in lower case; "" stands for those of RSS and Atom themselves
    "": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://podlove.org/simple-chapters": "psc",
    "http://podlove.org/simple-chapters/": "psc",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.oclc.org/net/rss_2.0/enc#": "enc",
}
# for a feed that uses a prefix and forgot to say what it means
PREFIXES = {prefix: address for address, prefix in reversed(NAMESPACES.items()) if prefix}


@lru_cache(maxsize=1024)
def usual_name(tag: str) -> str:
    """`prefix:name` in small letters, the prefix being the usual one; of what no namespace here has, the tag itself."""
    namespace, brace, local = tag.rpartition("}")
    if not brace:  # a prefix that the feed forgot to declare stays in front of the name
        return tag.lower()
    prefix = NAMESPACES.get(namespace.removeprefix("{").lower())
    if prefix is None:
        return tag
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace, in small letters."""
    return str(element.tag).rpartition("}")[2].lower()
