"""The page of a podcast: what stands in its table, and that no title can make a link or a row of its own."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from inkwell_pipeline.defs.overview import MOST_ROWS, obsidian_links, overview
from inkwell_pipeline.feed import Health, Row, Standing, State
from inkwell_pipeline.feed.state import Move, new_state
from inkwell_pipeline.progress import EpisodeProgress, Noted, Setback
from inkwell_pipeline_tests.builders import record

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)


def row(state: State = "done", **changes: Any) -> Row:
    values = {
        "key": "0123456789abcdef",
        "title": "The gauge",
        "published": NOON,
        "audio_url": "https://example.com/1.mp3",
    }
    return Row(**{**values, "state": state, "progress": None, **changes})


def noted(path: str) -> EpisodeProgress:
    return EpisodeProgress(title="The gauge", noted=Noted(at=NOON, run_id="run-1", note=path, source="publisher"))


def failed(times: int) -> EpisodeProgress:
    setback = Setback(
        at=NOON, run_id="run-1", asset="transcript", error="the host answers 404", todo="tell the publisher"
    )
    return EpisodeProgress(title="The gauge", setback=setback, failures=times)


def shown(tmp_path: Path, *rows: Row, **state: Any) -> dict[str, Any]:
    stands = Standing(new_state("https://example.com").model_copy(update=state), rows, Health(True, "well"))
    return dict(overview(stands, vault=tmp_path))


def table(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(one.data) for one in page["episodes_of_the_feed"].records]


def test_newest_first_and_nothing_of_before(tmp_path: Path) -> None:
    """What was there before the feed was watched is nobody's concern."""
    page = shown(tmp_path, row("before", title="Old"), row(title="One"), row("due", title="Two"))

    assert [one["episode"] for one in table(page)] == ["Two", "One"]
    assert (page["due"].value, page["done"].value) == (1, 1)


def test_a_failure_has_its_reason_and_what_helps(tmp_path: Path) -> None:
    """Also days after the run, whose own table nobody looks for then."""
    page = shown(tmp_path, row("given up", progress=failed(5)), row("waiting", progress=failed(1), until=NOON))

    waiting, given_up = table(page)
    assert (waiting["state"], waiting["why"]) == ("waiting until 2024-04-01 12:00 UTC", "the host answers 404")
    assert given_up["why"] == "the host answers 404 (5 times)"
    assert given_up["what to do"] == (
        'tell the publisher; run `feed` with episodes: ["0123456789abcdef"] to try it again'
    )


def test_a_long_feed_shows_its_newest_and_all_that_is_not_settled(tmp_path: Path) -> None:
    """Hundreds of notes that are as they should be hide the one that is not."""
    old = row("given up", title="An old one", progress=failed(5))
    page = shown(tmp_path, old, *[row() for _ in range(MOST_ROWS + 20)])

    assert len(table(page)) == MOST_ROWS + 1
    assert table(page)[-1]["episode"] == "An old one"
    assert page["not_shown"].value == 20


def test_the_newest_note_is_there_to_read_and_to_open(tmp_path: Path) -> None:
    """As text without properties and marks, as a path, and as a link that Obsidian takes."""
    (tmp_path / "A & B.md").write_text("---\ntitle: x\n---\n%% inkwell:begin %%\n## Summary\n\nA river.\n")
    page = shown(tmp_path, row(progress=noted("gone.md")), row(progress=noted("A & B.md")))

    assert page["preview"].value == "## Summary\n\nA river."
    assert page["newest_note"].value == str(tmp_path / "A & B.md")
    assert str(page["open_newest_note"].value).endswith("A%20%26%20B.md")


def test_a_long_note_is_shown_as_far_as_the_ui_does_without_a_click(tmp_path: Path) -> None:
    """The whole is an entry of its own."""
    text = "\n".join(f"Line {number} of the note." for number in range(100))
    (tmp_path / "a.md").write_text(f"---\ntitle: x\n---\n{text}")
    page = shown(tmp_path, row(progress=noted("a.md")))

    assert len(page["preview"].value) < 1000
    assert page["preview"].value.endswith("\n…")
    assert page["whole_note"].value == text


def test_a_note_that_was_moved_away_has_no_preview(tmp_path: Path) -> None:
    """It is the user's to move; the page does not look for it."""
    assert "preview" not in shown(tmp_path, row(progress=noted("gone.md")))


def test_where_the_feed_has_moved_without_secrets(tmp_path: Path) -> None:
    """A private feed's token is not for a page."""
    move = Move(to="https://example.org/feed?token=s3cr3t", at=NOON, by="redirect")
    page = shown(tmp_path, url=move.to, moves=(move,), error="the host answers 500")

    assert page["moved"].value == "2024-04-01 to https://example.org/feed?… (redirect)"
    assert page["address"].value == "https://example.org/feed?…"
    assert "s3cr3t" not in str(page)


def test_a_run_s_notes_can_be_opened(tmp_path: Path) -> None:
    """An entry each, by the note's name."""
    links = obsidian_links([record(note="Rivers/The gauge.md"), record(note=None)], tmp_path)

    assert list(links) == ["open The gauge"]


@given(title=st.text(max_size=60), audio=st.text(max_size=60))
def test_no_title_makes_a_link_or_a_row(tmp_path_factory: Any, title: str, audio: str) -> None:
    """Strangers write titles. The table of links has one row, and at most the one link to the audio."""
    page = shown(Path("/nowhere"), row(title=title, audio_url=f"https://example.com/{audio}"))

    tokens = MarkdownIt("commonmark").enable("table").parse(page["links"].value)
    rows = [token for token in tokens if token.type == "tr_open"]
    links = [child for token in tokens for child in token.children or () if child.type == "link_open"]
    assert len(rows) == 2
    assert len(links) <= 1
    assert all(str(link.attrs["href"]).startswith("https://example.com/") for link in links)
