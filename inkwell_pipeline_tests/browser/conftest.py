"""One UI at work on the bundled sample, one browser before it, for all tests of this folder."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from inkwell_pipeline_tests.browser.page import Page, open_browser
from inkwell_pipeline_tests.defs.show import is_empty
from inkwell_pipeline_tests.installation import Installation, installed, wait_until


@pytest.fixture(scope="session")
def ui() -> Iterator[Installation]:
    """`inkwell-pipeline ui` in an empty folder. Its end is a part of the test: Ctrl-C leaves no process."""
    # not pytest's folder, whose name would stand on pages of which pictures are taken
    with tempfile.TemporaryDirectory(prefix="podcasts-") as folder:
        with installed(Path(folder)) as ui:
            session = ui.session
            yield ui
        assert ui.end() == 130
        # those that had to be killed need a moment where the machine is busy
        wait_until(lambda: is_empty(session), "no process of the UI is left")


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    with open_browser() as driver:
        yield driver


@pytest.fixture(scope="session")
def page(browser: webdriver.Chrome, ui: Installation, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The UI in the browser. `INKWELL_SCREENSHOTS` names the folder for the README's pictures where they are wanted."""
    pictures = os.environ.get("INKWELL_SCREENSHOTS")
    traces = tmp_path_factory.mktemp("page")
    return Page(browser, f"http://127.0.0.1:{ui.port}", traces=traces, pictures=Path(pictures) if pictures else None)


@pytest.fixture(scope="session")
def outcome(page: Page) -> str:
    """How the run of the sample ended that was launched as the README says: Lineage, Materialize all, All."""
    page.open("/")
    page.press("Lineage")
    page.press("Materialize all…")
    page.press("All")
    page.press("Launch 1 run")
    page.press("View")  # in the message that says that the run was launched
    return page.see("Success", "Failure")
