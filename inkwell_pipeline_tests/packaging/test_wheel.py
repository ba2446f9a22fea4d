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
        "sample/new.yaml",
        "extraction/builtin/summary.yaml",
        "notes/layout.md.j2",
        "defs/dagster.yaml",
        "defs/workspace.yaml",
    ):
        assert f"inkwell_pipeline/{needed}" in names
    assert {name.split("/")[0] for name in names} == {"inkwell_pipeline", "inkwell_pipeline-0.1.0.dist-info"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel, what the lock names, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    call(str(BIN / "uv"), "venv", "--quiet", "--python", sys.executable, str(folder / "venv"), folder=folder)
    lock = str(ROOT / "requirements" / "lock.txt")
    call(
        *(str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(folder / "venv" / "bin" / "python")),
        *("--constraint", lock, str(wheel)),
        folder=folder,
    )
    return folder / "venv" / "bin"


def test_the_wheel_runs_the_sample_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """No checkout in sight: both ways in make the three notes."""
    said = call(str(installed / "inkwell-pipeline"), "run", folder=tmp_path)
    assert "sample: 3 notes, 3 of them written now" in said
    call(
        *(str(installed / "dagster"), "asset", "materialize", "-m", "inkwell_pipeline.definitions"),
        *("--select", "*", "--partition", "sample"),
        folder=tmp_path,
    )

    assert len(list((tmp_path / "vault").rglob("*.md"))) == 3


def test_the_wheel_s_command_takes_somebody_from_nothing_to_notes(installed: Path, tmp_path: Path) -> None:
    """In a folder of a vault, with a feed that is a file: each command in the order of the README."""
    sample = ROOT / "inkwell_pipeline" / "sample"
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / "podcasts").mkdir()
    program = str(installed / "inkwell-pipeline")

    said = call(program, "init", str(sample / "feed.xml"), folder=tmp_path / "podcasts")
    assert "feed margin-notes: named after its show" in said
    assert call(program, "feeds", "list", folder=tmp_path / "podcasts").splitlines()[1].startswith("margin-notes  ")
    found = call(program, "feeds", "check", folder=tmp_path / "podcasts")
    assert "margin-notes: Margin Notes, 3 episodes" in found
    promised = {line.split(": ", 1)[1] for line in found.splitlines() if "new note: " in line}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["inkwell.yaml"]
    call(program, "run", "--all", folder=tmp_path / "podcasts")
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")} == promised
    assert "--port" in call(program, "ui", "--help", folder=tmp_path)
