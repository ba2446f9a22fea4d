"""Which key an episode has: what DESIGN says of a feed's first sight, and from then on the key that it had. Pure.

Belongs here: what makes two episodes of a feed different, and one the same after a change. Does not: where the memory
lies (`episodes.py`).

A key is the name of a note. So the worst that can happen is that one episode takes another's key, and its words go
over the other's note; that an episode gets a second note is the lesser evil, and every rule here errs on that side.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace

from inkwell_pipeline.addresses import without_query
from inkwell_pipeline.episodes import Identity
from inkwell_pipeline.models import Episode, episode_key

__all__ = ["identified", "identity_of"]


def identity_of(episode: Episode) -> Identity:
    """By what the episode can be known again."""
    return Identity(
        key=episode.key,
        guid=episode.guid,
        enclosure=without_query(episode.audio_url) if episode.audio_url else None,
        link=episode.link,
        title=episode.title,
        published=episode.published.isoformat() if episode.published else None,
    )


def identified(feed: str, seen: Sequence[Identity], known: Sequence[Identity]) -> list[Identity]:
    """`seen`, the episodes of the feed as it is now, with their keys; each has one of its own.

    `known` is what was seen of the feed before (see `EpisodeShelf.known`): a key there belongs to its episode for good,
    also when the feed has it no more. `seen` needs no keys; it is in the order of the feed, and so is the result.
    Without `known` a key is made of what the episode says alone: of its guid, or without one, or where an older episode
    has the same guid, of its enclosure, its link, or its title and date.
    """
    # the oldest are served first: a newcomer that repeats a guid must not take over its key
    order = sorted(range(len(seen)), key=lambda place: (seen[place].published or "~", -place))
    keys = _recognised([seen[place] for place in order], known)
    taken = {identity.key for identity in known}
    equals: Counter[str] = Counter()
    found: dict[int, Identity] = {}
    for place, known_key in zip(order, keys, strict=True):
        key = known_key or next(name for name in _new_keys(feed, seen[place], equals) if name not in taken)
        taken.add(key)
        found[place] = replace(seen[place], key=key)
    return [found[place] for place in range(len(seen))]


Sign = Callable[[Identity], Hashable | None]  # None: the episode does not say


def _recognised(seen: Sequence[Identity], known: Sequence[Identity]) -> list[str | None]:
    """For each episode the key of the known one that it is; a known one is at most one episode."""
    keys: list[str | None] = [None] * len(seen)
    claimed: set[str] = set()
    shared = _shared_enclosures(seen) | _shared_enclosures(known)
    unknown = list(range(len(seen))) if known else []
    for sign in _signs(shared):
        if not unknown:
            break
        waiting: dict[Hashable, list[str]] = defaultdict(list)
        for identity in reversed(known):  # so that pop gives the first
            if identity.key not in claimed and (mark := sign(identity)) is not None:
                waiting[mark].append(identity.key)
        for place in unknown:
            mark = sign(seen[place])
            if mark is not None and waiting.get(mark):
                keys[place] = key = waiting[mark].pop()
                claimed.add(key)
        unknown = [place for place in unknown if keys[place] is None]
    return keys


def _signs(shared: frozenset[str]) -> Iterator[Sign]:
    """What shows that two descriptions are of one episode, the surest sign first.

    A guid needs a second sign, for there are publishers who give all of their episodes one; and so does an enclosure,
    for there are hosts that name the episode in its query (`shared`: those seen with several episodes). A link alone
    is none: many shows have their home page there.
    """
    yield lambda one: (one.guid, one.enclosure, one.link, one.title, one.published)
    yield _both("guid", "enclosure")
    yield _both("guid", "published")
    yield _both("guid", "title")
    yield lambda one: one.guid if one.enclosure is None and one.published is None else None
    # the guids have changed, as when a show moves to another host
    yield _both("title", "published")
    yield lambda one: None if one.enclosure in shared else _both("enclosure", "published")(one)
    yield lambda one: None if one.enclosure in shared else _both("enclosure", "title")(one)


def _both(one: str, other: str) -> Sign:
    def sign(identity: Identity) -> Hashable | None:
        pair = getattr(identity, one), getattr(identity, other)
        return None if None in pair else pair

    return sign


def _shared_enclosures(identities: Sequence[Identity]) -> frozenset[str]:
    counted = Counter(identity.enclosure for identity in identities if identity.enclosure)
    return frozenset(enclosure for enclosure, number in counted.items() if number > 1)


def _new_keys(feed: str, identity: Identity, equals: Counter[str]) -> Iterator[str]:
    """What can tell an episode from others, best first; never ends. `equals`: how many had to be numbered so far."""
    for name in (identity.guid, identity.enclosure, identity.link):
        if name:
            yield episode_key(feed, name)
    words = f"{identity.title}\n{identity.published or ''}"
    while True:
        equals[words] += 1
        yield episode_key(feed, words if equals[words] == 1 else f"{words}\n{equals[words]}")
