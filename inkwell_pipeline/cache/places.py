"""Where a cache's files lie, and the folders they lie in: `<root>/<first two digits of the key>/<key>.entry`.

Belongs here: names, and making and listing folders. Does not: the files (`folder.py`).

What is being written lies in `writing`, on the same file system. Beside its place a dead writer's file would be found
only by a look into 256 folders. Each thread has a folder in `writing` to itself, a desk: where a file system has no
journal, fsyncs of files in one folder wait for each other (ext4, eight threads: half as many stores again with desks).
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from inkwell_pipeline.files import sync_folder, trouble
from inkwell_pipeline.system import System

__all__ = ["KEY", "SUFFIX", "WRITING", "Places"]

SUFFIX = ".entry"
WRITING = "writing"
DESKS = 16
DESK, SHARD, KEY = re.compile(r"[0-9a-f]"), re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{64}")


class Places:
    """The folders of one cache, made when they are needed, their owner's alone. Blocks; may be called by any thread."""

    def __init__(self, root: str, system: System) -> None:
        self._root, self._writing, self._os = root, f"{root}/{WRITING}", system
        self._made: set[str] = set()  # folders that are there, and last if they have to
        self._new: set[str] = set()  # those that are there
        self._looked = False  # which were there before
        self._syncing = threading.Lock()
        self._desks, self._thread = count(os.getpid() * DESKS // 2), threading.local()  # two processes start apart

    def shard(self, key: str) -> str:
        """The folder of an entry."""
        return f"{self._root}/{key[:2]}"

    def entry(self, key: str) -> str:
        """The file of an entry."""
        return f"{self._root}/{key[:2]}/{key}{SUFFIX}"

    def make_shard(self, key: str) -> None:
        """Makes the folder of an entry, which lasts, also where another process has only just made it.

        Raises: OSError; TransientError, where the cache's folder cannot be listed.
        """
        folder = self.shard(key)
        if folder in self._made:
            return
        self._mkdir(folder)
        self._new.add(folder)
        with self._syncing:
            if folder not in self._made:  # else another thread's sync came after our mkdir, and was for both
                new = set(self._new)
                if not self._looked:  # one sync for all of them; a process has 256 first stores
                    new.update(path for path in self._listed(self._root) if SHARD.fullmatch(path.rpartition("/")[2]))
                    self._looked = True
                sync_folder(self._root, system=self._os)
                self._made |= new
                self._new -= new

    def desk(self) -> str:
        """The folder that this thread writes in, which is there. Nothing in it has to last. Raises: OSError."""
        if (number := getattr(self._thread, "desk", None)) is None:
            number = self._thread.desk = next(self._desks) % DESKS
        desk = f"{self._writing}/{number:x}"
        if desk not in self._made:
            self._mkdir(desk)
            self._made.add(desk)
        return desk

    def forget(self) -> None:
        """Takes no folder for made any more: somebody has deleted some."""
        self._made.clear()
        self._looked = False

    def all(self) -> Iterator[str]:
        """The paths of whatever lies in the cache's folders, as it is found, and of what lies beside them.

        Raises: TransientError.
        """
        for path in self._listed(self._root):
            name = path.rpartition("/")[2]
            if name == WRITING:
                yield from self.written()
            elif SHARD.fullmatch(name):
                yield from self._listed(path)
            else:
                yield path

    def written(self) -> Iterator[str]:
        """`all` of what lies where entries are written."""
        for path in self._listed(self._writing):
            if DESK.fullmatch(path.rpartition("/")[2]):
                yield from self._listed(path)
            else:
                yield path

    def _listed(self, folder: str) -> Iterator[str]:
        """The paths in `folder`, none where it is a file; unlike `glob`, an error of the machine is no empty folder."""
        try:
            with self._os.scandir(folder) as found:
                yield from (file.path for file in found)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise trouble(error, Path(folder), "list the cache entries in") from error

    def _mkdir(self, folder: str) -> bool:
        """Makes a folder, and those it is in, which then last; False where it was there."""
        try:
            self._os.mkdir(folder, 0o700)
        except FileExistsError:
            return False
        except FileNotFoundError:
            parent = Path(folder).parent
            if self._mkdir(str(parent)):
                sync_folder(parent.parent, system=self._os)
            with suppress(FileExistsError):
                self._os.mkdir(folder, 0o700)
        return True
