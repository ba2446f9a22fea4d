"""A private feed's secret: from the environment to a header.

Belongs here: which variables, the header's form, and that it goes to the feed's own host alone. Does not: what is the
same host (`hosts.py`), sending it (`http.py`).
"""

import os
from base64 import b64encode

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.hosts import same_host
from inkwell_pipeline.settings import Auth, FeedSettings

__all__ = ["auth_header", "own_header"]


def auth_header(auth: Auth | None, *, feed: str) -> dict[str, str]:
    """The Authorization header (RFC 7617, RFC 6750) of a private feed; empty without `auth`.

    Raises: ConfigError, where an environment variable that the config names is not set.
    """
    if auth is None:
        return {}
    if auth.bearer_env:
        return {"Authorization": f"Bearer {_secret(auth.bearer_env, feed)}"}
    pair = f"{_secret(auth.username_env or '', feed)}:{_secret(auth.password_env or '', feed)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def own_header(feed: FeedSettings, url: str) -> dict[str, str]:
    """The same for `url`, where that is at the host that the config names; empty for any other: the secret is not its.

    Raises: as `auth_header`.
    """
    own = isinstance(feed.source, str) and same_host(feed.source, url)
    return auth_header(feed.auth, feed=feed.name) if own else {}


def _secret(variable: str, feed: str) -> str:
    if not (value := os.environ.get(variable)):
        raise ConfigError(f"the environment variable {variable}, named under `auth`, is not set", feed=feed)
    return value
