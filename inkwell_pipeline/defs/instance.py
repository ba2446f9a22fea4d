"""Where Dagster's history of our runs lies: one rule for `inkwell-pipeline run`, `inkwell-pipeline ui` and `dagster`.

Belongs here: which instance counts in a folder. Does not: what is kept in it.
The rule: DAGSTER_HOME where it is set; else what a `dagster.yaml` in the current folder says, as Dagster itself has it;
else `<data_dir>/dagster`, which is made with a `dagster.yaml` of ours. `dagster` itself knows nothing of our config, so
that it needs DAGSTER_HOME for the third.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from inkwell_pipeline.defs.pool import make_limit_known
from inkwell_pipeline.errors import ConfigError, InkwellError, TransientError
from inkwell_pipeline.files import create_file_now, trouble
from inkwell_pipeline.settings import Settings

__all__ = ["check_data_dir", "history_errors", "home", "open_instance"]

CONFIG = "dagster.yaml"
MOST = 200  # characters of Dagster's words


def home(settings: Settings, environment: Mapping[str, str] = os.environ, *, folder: Path | None = None) -> Path | None:
    """The folder that DAGSTER_HOME names or, for the third case, should name; None where a `dagster.yaml` counts.

    Makes the third with its `dagster.yaml`. Blocks. Raises: InkwellError, where that is not possible.
    """
    if named := environment.get("DAGSTER_HOME"):
        return Path(named)
    if ((folder or Path.cwd()) / CONFIG).is_file():
        return None
    place = settings.data_dir / "dagster"
    with _named(settings):
        create_file_now(place / CONFIG, (files("inkwell_pipeline.defs") / CONFIG).read_bytes())
    return place


def check_data_dir(settings: Settings) -> None:
    """Makes it where it is missing. Blocks. Raises: InkwellError, which names the key, where that is not possible."""
    with _named(settings):
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise trouble(error, settings.data_dir, "make") from error


@contextmanager
def _named(settings: Settings) -> Iterator[None]:
    """Names the config's key in the error, so that the reader knows what to change."""
    try:
        yield
    except InkwellError as error:
        raise type(error)(f"{settings.config}: data_dir: {error.text}", todo=error.todo) from None


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance that counts here. Raises: InkwellError, where its folder, config or database cannot be used."""
    place = home(settings)
    folder = place or Path.cwd()
    with history_errors(folder), _one_at_a_time(settings.data_dir / "dagster.lock"):
        try:
            instance = dg.DagsterInstance.get() if _is_named() else dg.DagsterInstance.from_config(str(folder))
            make_limit_known(instance)
        except dg.DagsterError as error:  # DAGSTER_HOME is no folder, or the dagster.yaml is mistaken
            says = " ".join(str(error).split())[:MOST]  # it lists all that is allowed
            raise ConfigError(f"Dagster's instance in {folder} cannot be opened: {says}") from None
    with instance:
        yield instance


def _is_named() -> bool:
    return bool(os.environ.get("DAGSTER_HOME"))


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two processes that make Dagster's databases at once leave them with two versions each, for good."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise trouble(error, path, "write") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back with the file's end
        yield


@contextmanager
def history_errors(place: Path) -> Iterator[None]:
    """Makes ours of what a full disk or a database that is not one raises in Dagster's storage."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        says = f"Dagster's run history in {place} cannot be read or written: {reason}"
        raise TransientError(
            says, todo="see whether the disk is full, or the folder may be written; then run again"
        ) from None
