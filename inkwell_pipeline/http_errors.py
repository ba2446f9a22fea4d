"""What httpx raises, made ours: once, where it enters. No other place names an exception of httpx's.

Belongs here: the map, and the place that an error is given. Does not: statuses (`replies.py`), bodies that cannot be
decoded (`bodies.py`).
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.hosts import without_secrets

__all__ = ["httpx_errors"]


@contextmanager
def httpx_errors(*, feed: str | None, episode: str | None, url: str) -> Iterator[None]:
    """Gives our errors their place, and makes ours of what httpx raises. Raises: TransientError, PermanentError."""
    shown = without_secrets(url)
    try:
        yield
    except InkwellError as error:
        raise error.at(feed=feed, episode=episode, url=shown) from None
    except Exception as error:
        if (mapped := _mapped(error)) is None:
            raise
        # from None: httpx may put the whole URL in its text, a private feed's token too
        raise mapped.at(feed=feed, episode=episode, url=shown) from None


def _mapped(error: Exception) -> InkwellError | None:
    """Which of ours a foreign exception is; None: not the network's."""
    import httpx

    mapped = _of_httpx(error)
    if mapped is not None:
        early = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        )
        mapped.was_sent = not isinstance(error, (*early, httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError))
    return mapped


def _of_httpx(error: Exception) -> InkwellError | None:
    import httpx

    name = type(error).__name__
    match error:
        case httpx.TimeoutException():
            return TransientError(f"the host did not answer in time ({name})")
        case httpx.ConnectError() if (why := _certificate_trouble(error)) is not None:
            todo = "see whether this machine's date is right; else it is the host's to mend"
            return PermanentError(f"the host's certificate is not accepted: {why}", todo=todo)
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return TransientError(f"the host cannot be reached, or broke off ({name})")
        case httpx.HTTPError() | httpx.InvalidURL() | UnicodeError():  # UnicodeError: of a host's name, or a header
            return PermanentError(f"cannot be asked for ({name})")
        case _:
            return None


def _certificate_trouble(error: BaseException | None) -> str | None:
    """Why TLS refused the host, by the innermost cause of a failed connection; None: it failed of something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return None
