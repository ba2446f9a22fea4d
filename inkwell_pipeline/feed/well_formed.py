"""A well-formed feed, item by item: one pass of lxml over the bytes, which keeps no tree.

Belongs here: the pass, and what it refuses. Does not: what an element says (`elements.py`), feeds that are not
well-formed (`mend.py`, `loose.py`).
Each pass costs about 5 ms a megabyte; it feeds the parser 32 KB at a time, and so gives the GIL away in between. The
sketches of a pass are a hundredth of a tree. An external entity is never read, an internal one never put in.
"""

from collections.abc import Collection, Iterator
from io import BytesIO

from lxml import etree

from inkwell_pipeline.feed.elements import is_item, read_channel, read_item
from inkwell_pipeline.feed.items import RawChannel, RawItem
from inkwell_pipeline.feed.names import local_name

__all__ = ["NotWellFormed", "WellFormed"]

ROOTS = frozenset({"rss", "rdf", "feed", "channel"})


class NotWellFormed(Exception):
    """lxml refuses the document, or it is XML of another kind. Never leaves the room."""


class WellFormed:
    """A feed that lxml reads to its end without an error. Raises: NotWellFormed."""

    is_broken = False

    def __init__(self, document: bytes) -> None:
        self._document = document
        self.channel = RawChannel()
        self.sketches = [item for _, item in self._pass(whole=False)]

    def whole(self, places: Collection[int]) -> Iterator[tuple[int, RawItem]]:
        """The items at these places, complete, in the order of the document; reads no further than the last."""
        if not places:
            return
        last = max(places)
        for place, item in self._pass(whole=True, places=places):
            yield place, item
            if place == last:
                return

    def _pass(self, *, whole: bool, places: Collection[int] | None = None) -> Iterator[tuple[int, RawItem]]:
        reading = etree.iterparse(
            BytesIO(self._document),
            events=("end",),
            tag=("{*}item", "{*}entry", "{*}Item", "{*}Entry"),
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
        place = -1
        try:
            for _, element in reading:
                if not is_item(element):
                    continue
                place += 1
                if places is None or place in places:
                    yield place, read_item(element, whole=whole)
                element.clear()  # its place in the tree stays, and is all that does
        except (etree.XMLSyntaxError, ValueError) as error:
            raise NotWellFormed(str(error)) from None
        self._take_channel(reading.root)

    def _take_channel(self, root: etree._Element | None) -> None:
        if root is None or local_name(root) not in ROOTS:
            raise NotWellFormed("the XML is no feed")
        self.channel = read_channel(next((child for child in root if local_name(child) == "channel"), root))
