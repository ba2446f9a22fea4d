"""A private feed's secret: from the environment to a header.

Belongs here: which variables, and the header's form. Does not: who may be shown it (`hosts.py`), sending it
(`http.py`).
"""

import os
from base64 import b64encode

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.settings import Auth

__all__ = ["auth_header"]


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


def _secret(variable: str, feed: str) -> str:
    if not (value := os.environ.get(variable)):
        raise ConfigError(f"the environment variable {variable}, named under `auth`, is not set", feed=feed)
    return value
