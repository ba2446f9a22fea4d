"""Fixtures of several tests of models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline_tests.extraction.asking import Bureau
from inkwell_pipeline_tests.fakes.providers import ModelProvider


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return Bureau(tmp_path)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Begins a fake with the arguments given; all three SDKs find it by their variables."""

    @contextmanager
    def begun(*arguments: Any, **more: Any) -> Iterator[ModelProvider]:
        with ModelProvider(*arguments, **more) as provider:
            for name, value in provider.environment().items():
                monkeypatch.setenv(name, value)
            yield provider

    return begun
