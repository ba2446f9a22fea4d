"""Whose a file is, and whether that process still lives."""

import os
import subprocess
import sys

import pytest

from inkwell_pipeline.processes import may_live, this_process

HOST = this_process().partition("-")[0]


def test_this_process_lives() -> None:
    """By its own name, which has its number."""
    assert this_process() == f"{HOST}-{os.getpid()}"
    assert may_live(this_process())


def test_one_that_has_ended_does_not() -> None:
    """Whether it was ours to begin with or not."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert not may_live(f"{HOST}-{process.pid}")


def test_one_on_another_machine_may() -> None:
    """Nobody here can say."""
    assert may_live("00000000-1")


@pytest.mark.parametrize("name", ["", "-", HOST, f"{HOST}-", f"{HOST}-x", f"{HOST}-{10**30}", f"{HOST}--1"])
def test_a_name_that_no_process_has(name: str) -> None:
    """Whatever stands in a damaged file; no process group is asked, which a negative number would be."""
    assert not may_live(name)
