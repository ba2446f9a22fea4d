"""What `make` says where a machine cannot run the project: one line each, with what to install."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as far as set-up looks at it, without a virtual environment."""
    for name in ("Makefile", "pyproject.toml", "requirements/lock.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def python(folder: Path, script: str) -> Path:
    """A program that stands in for a Python of another machine."""
    path = folder / "some-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def make(checkout: Path, program: str | Path, *targets: str) -> subprocess.CompletedProcess[str]:
    """As from a shell, also where these tests run below `make test`, which tells its children so."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"PYTHON={program}", *(targets or ("notes",))],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_python_is_one_line(checkout: Path) -> None:
    """Not the shell's `command not found` from the middle of a recipe."""
    done = make(checkout, "no-such-python")

    assert done.returncode != 0
    assert done.stdout.startswith("inkwell needs Python 3.11 or newer: install it")
    assert done.stdout.count("\n") == 1


def test_an_old_python_is_one_line_with_its_version(checkout: Path) -> None:
    """So that the reader sees which one was found."""
    old = python(checkout, 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')

    done = make(checkout, old)

    assert done.returncode != 0
    assert f"inkwell needs Python 3.11 or newer; {old} is Python 3.9.2: install one" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_python_without_ensurepip_is_one_line_with_the_package(checkout: Path) -> None:
    """As Debian ships it."""
    bare = python(checkout, 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')

    done = make(checkout, bare, "test")

    assert done.returncode != 0
    assert "has no ensurepip: install it first (Debian, Ubuntu: apt-get install python3-venv)" in done.stdout
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("target", ["browser", "screenshots"])
@pytest.mark.parametrize("missing", ["CHROMIUM", "CHROMEDRIVER"])
def test_a_missing_browser_is_one_line_with_the_packages(checkout: Path, target: str, missing: str) -> None:
    """Before an environment is made; and nothing is downloaded in its place."""
    there = {"CHROMIUM": "sh", "CHROMEDRIVER": "sh"} | {missing: "no-such-program"}

    done = make(checkout, "no-such-python", *(f"{name}={program}" for name, program in there.items()), target)

    assert done.returncode != 0
    assert done.stdout.startswith(
        "there is no no-such-program, which drives the UI in these tests: install it (Debian: "
    )
    assert done.stdout.count("\n") == 1


def test_help_lists_every_target_that_people_use(checkout: Path) -> None:
    """It needs no environment."""
    said = make(checkout, "no-such-python", "help").stdout

    assert {line.split()[1] for line in said.splitlines()} == {
        *("help", "notes", "test", "slow", "check", "bench", "quality", "soak", "ui"),
        *("browser", "screenshots", "wheel", "lock", "clean"),
    }
