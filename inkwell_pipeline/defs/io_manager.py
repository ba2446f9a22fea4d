"""What passes between assets: manifests, as JSON files.

Belongs here: where a manifest is, and which of several is an asset's input. Does not: what is in it (`models.py`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

import dagster as dg
from pydantic import ValidationError

from inkwell_pipeline.defs.running import as_failure
from inkwell_pipeline.errors import InkwellError, PermanentError
from inkwell_pipeline.files import read_bytes_now, replace_file_now, trouble
from inkwell_pipeline.models import AssetName, Manifest

__all__ = ["ManifestIOManager", "read_manifest", "read_manifests"]

FOLDER, LATEST, SUFFIX = "manifests", "latest", ".json"


class ManifestIOManager(dg.IOManager):
    """`<data_dir>/manifests/<asset>/<feed>/<run_id>.json`, and `latest.json` beside it.

    An input is its own run's manifest where the run has one, else the latest.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def handle_output(self, context: dg.OutputContext, obj: Manifest) -> None:
        # the input may have been another run's
        manifest = obj.model_copy(update={"run_id": context.run_id})
        data = manifest.model_dump_json(indent=1).encode()
        try:
            for name in (manifest.run_id,) if manifest.is_estimate else (manifest.run_id, LATEST):
                replace_file_now(self._path(manifest.asset, manifest.feed, name), data)
        except InkwellError as error:
            raise as_failure(error, asset=manifest.asset) from None

    def load_input(self, context: dg.InputContext) -> Manifest:
        asset, feed = cast("AssetName", context.asset_key.path[-1]), context.partition_key
        own = context.upstream_output.run_id if context.upstream_output else LATEST
        try:
            for name in (own, LATEST):
                path = self._path(asset, feed, name)
                if (data := read_bytes_now(path)) is not None:
                    return _manifest(data, path)
        except InkwellError as error:
            raise as_failure(error, asset=asset) from None
        raise dg.Failure(
            f"feed {feed}: there is nothing from the asset `{asset}` yet; materialise it first, or all of them: "
            f"dagster asset materialize -m inkwell_pipeline.definitions --select '*' --partition {feed}",
            allow_retries=False,
        )

    def _path(self, asset: str, feed: str, name: str) -> Path:
        return self._folder / asset / feed / f"{name}{SUFFIX}"


def read_manifest(data_dir: Path, asset: AssetName, feed: str, run_id: str) -> Manifest | None:
    """What the asset made of the feed in that run; None where it has not come so far, or the file is damaged. Blocks.

    Raises: TransientError, where it cannot be read.
    """
    path = data_dir / FOLDER / asset / feed / f"{run_id}{SUFFIX}"
    data = read_bytes_now(path)
    try:
        return None if data is None else _manifest(data, path)
    except PermanentError:
        return None


def read_manifests(data_dir: Path, feed: str) -> Iterator[Manifest | InkwellError]:
    """Every manifest of a feed that is kept, of all assets and runs; the error of one that cannot be read. Blocks.

    Raises: TransientError, where a folder cannot be listed.
    """
    for asset in get_args(AssetName):
        folder = data_dir / FOLDER / asset / feed
        try:
            paths = list(folder.iterdir())
        except FileNotFoundError:
            continue
        except OSError as error:  # unlike with `glob`, no empty folder: what its manifests name must not seem unnamed
            raise trouble(error, folder, "list the manifests in") from error
        for path in (path for path in paths if path.suffix == SUFFIX):
            try:
                if (data := read_bytes_now(path)) is not None:
                    yield _manifest(data, path)
            except InkwellError as error:
                yield error


def _manifest(data: bytes, path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(data)
    except ValidationError:
        raise PermanentError(f"{path} is damaged, or of another version; materialise its asset once more") from None
