"""What a user installs: the built wheel, in an environment that has nothing else, run from another folder.

Not among the tests that `make test` runs, since it fetches packages: `make wheel`, and CI.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out), folder=ROOT)
    (built,) = out.glob("*.whl")
    return built


def call(*arguments: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWELL_", "DAGSTER_"))}
    done = subprocess.run(
        arguments,
        cwd=folder,
        env={**environment, "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_all_that_runs_and_nothing_else(wheel: Path) -> None:
    """The sample, the built-in templates and the layout are in it, the tests are not."""
    names = zipfile.ZipFile(wheel).namelist()

    for needed in (
        "sample/inkwell.yaml",
        "sample/feed.xml",
        "sample/transcripts/1.vtt",
        "extraction/builtin/summary.yaml",
        "notes/layout.md.j2",
    ):
        assert f"inkwell_pipeline/{needed}" in names
    assert {name.split("/")[0] for name in names} == {"inkwell_pipeline", "inkwell_pipeline-0.1.0.dist-info"}


def test_the_wheel_runs_the_sample_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """Installed with what the lock names, and no checkout in sight: both ways in make the three notes."""
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    call(str(BIN / "uv"), "venv", "--quiet", "--python", sys.executable, str(venv), folder=tmp_path)
    lock = str(ROOT / "requirements" / "lock.txt")
    call(
        *(str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(venv / "bin" / "python")),
        *("--constraint", lock, str(wheel)),
        folder=tmp_path,
    )

    said = call(str(venv / "bin" / "inkwell-pipeline"), "run", folder=elsewhere)
    assert "sample: 3 notes, 3 of them written now" in said
    call(
        *(str(venv / "bin" / "dagster"), "asset", "materialize", "-m", "inkwell_pipeline.definitions"),
        *("--select", "*", "--partition", "sample"),
        folder=elsewhere,
    )

    assert len(list((elsewhere / "vault").rglob("*.md"))) == 3
