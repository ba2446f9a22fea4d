"""What the operating system says of a file, in the words of the config: which key names the place, and what to do.

Belongs here: errors of the vault's and our data's files. Does not: those of other files (`files.py` says them plainly).
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkwell_pipeline.errors import ConfigError, InkwellError, TransientError

__all__ = ["told_by_key"]

REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told_by_key(root: Path, key: str) -> Iterator[None]:
    """Errors of files below `root`, which the config's `key` names, become one line with key, path and what to do."""
    try:
        yield
    except TransientError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise _told(error, error.__cause__, root, key) from error.__cause__


def _told(error: InkwellError, cause: OSError, root: Path, key: str) -> InkwellError:
    if (file := _file_in_the_way(cause, root)) is not None:
        other = f"`{key}`" if file == root else "`folder`" if key == "vault" else f"`{key}`"
        todo = f"move it, or choose another {other} in the config"
        return ConfigError(f"{file} is a file where a folder is needed", todo=todo)
    if cause.errno in FULL:
        todo = f"make room where `{key}` lies, then run again: what was done is kept"
        return TransientError(f"{error.text}; nothing was changed there", todo=todo)
    if cause.errno in REFUSED:
        todo = f"`{key}` in the config must name a folder that you may write to, with all below it"
        return ConfigError(error.text, todo=todo)
    return TransientError(f"{error.text} (`{key}` in the config: {root})", todo=error.todo)


def _file_in_the_way(cause: OSError, root: Path) -> Path | None:
    """The file that stands where one of the folders of the path should be. Blocks."""
    if cause.errno not in (errno.ENOTDIR, errno.EEXIST) or not isinstance(cause.filename, str | bytes):
        return None
    path = Path(cause.filename if isinstance(cause.filename, str) else cause.filename.decode(errors="replace"))
    candidates = [
        one for one in (*reversed(path.parents), path) if one == root or root in one.parents or one in root.parents
    ]
    return next((one for one in candidates if one.is_file()), None)
