"""The bundled sample in Dagster's UI, as somebody meets it who has just typed `make ui`.

Not among the tests that `make test` runs, since it needs Chromium: `make browser`, and CI.
"""

import pytest

from inkwell_pipeline_tests.browser.page import Page
from inkwell_pipeline_tests.installation import Installation

pytestmark = pytest.mark.browser

LOCATION = "/locations/inkwell_pipeline"
GRAPH, SENSOR = f"{LOCATION}/asset-groups/inkwell", f"{LOCATION}/sensors/sample_new_episodes"


def test_no_window_lies_over_the_first_page(page: Page) -> None:
    """A question about telemetry would be one, or a greeting."""
    page.open("/")

    page.see("Lineage")

    assert page.count("dialog") == 0


def test_the_readmes_way_leads_to_a_run_that_succeeds(page: Page, outcome: str) -> None:
    """And the graph shows it of each of the four assets."""
    assert outcome == "Success"

    page.resize(width=1600, height=560)  # in a narrow window the graph shrinks until it says nothing but names
    page.open(GRAPH)
    page.see_times("100% filled", 4)
    page.see("2 / 2 Passed")

    page.picture("graph")


def test_notes_shows_its_episodes_the_newest_note_and_its_figures(page: Page, ui: Installation, outcome: str) -> None:
    """What people look for is there without a click, before twenty numbers, with links to the notes and the audio."""
    page.resize(width=1600, height=1250)
    page.open("/assets/notes")

    assert "Why We Forget, and What to Do About It" in page.row("episode_table")
    assert "Margin Notes · 30 September 2025" in page.row("preview")
    figures = {name: page.row(name).splitlines()[-1] for name in ("episodes", "failed", "notes_written")}
    assert figures == {"episodes": "3", "failed": "0", "notes_written": "3"}
    page.picture("notes")
    page.row_press("whole_note", "[Show Markdown]")
    assert "Show notes" in page.see_within("dialog", "Quotes")
    assert "https://example.com/margin-notes/3.mp3#t=14" in page.links()
    assert sum(link.startswith("obsidian://open?path=") for link in page.links()) >= 3
    assert len(list(ui.folder.rglob("*.md"))) == 3


def test_the_sensor_once_switched_on_ticks_and_says_why_it_asks_for_nothing(page: Page, outcome: str) -> None:
    """It stands still until somebody switches it on; what a run by hand has done is not asked for again."""
    page.resize(height=800)
    page.open("/automation")
    page.press("sample_new_episodes…")  # its kind follows on a line of its own, a little later
    assert not page.is_on("Running")

    page.switch("Running")
    page.press("0 runs requested")
    assert "unchanged since" in page.see_within("dialog", "Skip reason:")
    page.press("Close")

    page.open(SENSOR)  # it says how the latest tick was only when it is opened
    assert "0 runs requested" in page.row("Latest tick")
    assert page.is_on("Running")
    page.picture("sensor")


def test_the_podcasts_page_shows_where_each_episode_stands(page: Page, outcome: str) -> None:
    """After its run an episode is done there, not at work for as long as no sensor looks again."""
    page.resize(width=1600, height=1250)
    page.open("/assets/podcasts/sample")

    assert page.row("episodes_of_the_feed").count("done") == 3
    assert page.row("done").endswith("3")
    page.picture("podcast")
