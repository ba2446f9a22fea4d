"""`inkwell-pipeline feeds`: what is listed and found, and that nothing is written."""

from pathlib import Path

import pytest

from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline_tests.cli.commands import call
from inkwell_pipeline_tests.defs.runs import run, settings_for
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss


def config(folder: Path, feeds: str) -> None:
    (folder / "inkwell.yaml").write_text(f"allow_private_hosts: true\nfeeds:\n{feeds}")


@pytest.fixture
def rivers(host: PodcastHost, tmp_path: Path) -> PodcastHost:
    """A show of two episodes and an item that is none, and its config."""
    offers = ((host.url("/2.vtt"), "text/vtt"), (host.url("/2.srt"), "application/x-subrip"))
    host.publish(
        "/rivers.xml",
        rss(
            "Rivers",
            Item("Two: the bridge", guid="2", date="Tue, 02 Apr 2024 09:00:00 GMT", transcripts=offers),
            Item("One", guid="1", date="Mon, 01 Apr 2024 09:00:00 GMT"),
            Item("A blog post", guid="0", audio=None),
        ),
        "application/rss+xml",
    )
    config(tmp_path, f"  rivers: {{url: '{host.url('/rivers.xml')}'}}\n")
    return host


def test_the_list_is_aligned_and_without_secrets(tmp_path: Path) -> None:
    """Passwords and tokens stand in addresses; a screen is not where they belong."""
    config(
        tmp_path,
        "  a: {url: 'https://ada:hunter2@example.com/feed?token=s3cr3t', newest: 12, watch: true}\n"
        "  longer-name: {url: feed.xml}\n",
    )

    done = call("feeds", "list")

    heads, first, second = done.output.splitlines()
    assert heads.split() == ["feed", "address", "newest", "watch"]
    assert first.split() == ["a", "https://example.com/feed?…", "12", "yes"]
    assert second.split() == ["longer-name", f"{tmp_path}/feed.xml", "5", "no"]
    assert heads.index("watch") == first.index("yes") == second.index("no")


def test_a_check_says_what_a_run_would_find(rivers: PodcastHost) -> None:
    """The show, its size; for each episode its transcripts and its note."""
    done = call("feeds", "check")

    assert done.exit_code == 0
    assert done.output == (
        "rivers: Rivers, 2 episodes, the newest of 2024-04-02, 1 items that are no episodes\n"
        "  2024-04-02  Two: the bridge\n"
        "              transcripts: text/vtt, application/x-subrip\n"
        "              new note: Podcasts/Rivers/2024-04-02 Two - the bridge.md\n"
        "  2024-04-01  One\n"
        "              transcripts: none is offered\n"
        "              new note: Podcasts/Rivers/2024-04-01 One.md\n"
    )


def test_a_check_writes_nothing(rivers: PodcastHost, tmp_path: Path) -> None:
    """Neither in the vault nor in data_dir; and it asks for the feed alone."""
    before = sorted(tmp_path.rglob("*"))

    call("feeds", "check")

    assert sorted(tmp_path.rglob("*")) == before
    assert rivers.asked == ["/rivers.xml"]


def test_a_check_knows_the_notes_that_are_there(rivers: PodcastHost, tmp_path: Path) -> None:
    """By their id, wherever in the vault they were moved."""
    settings = settings_for(tmp_path, FeedSettings("rivers", rivers.url("/rivers.xml")))
    for path in ("/2.vtt", "/2.srt"):
        rivers.publish(path, b"WEBVTT\n\n00:01.000 --> 00:02.000\nA river.\n")
    run(settings, "rivers")
    note = tmp_path / "vault" / "Podcasts" / "Rivers" / "2024-04-01 One.md"
    (tmp_path / "vault" / "read").mkdir()
    note.rename(tmp_path / "vault" / "read" / "one.md")

    done = call("feeds", "check")

    assert "has its note: read/one.md" in done.output
    assert "has its note: Podcasts/Rivers/2024-04-02 Two - the bridge.md" in done.output


def test_two_new_notes_of_one_name_are_told_apart(host: PodcastHost, tmp_path: Path) -> None:
    """As the vault will do it."""
    host.publish("/feed.xml", rss("Rivers", Item("One", guid="1"), Item("One", guid="2")))
    config(tmp_path, f"  rivers: {{url: '{host.url('/feed.xml')}'}}\n")

    notes = [line.split(": ", 1)[1] for line in call("feeds", "check").output.splitlines() if "new note" in line]

    assert len(set(notes)) == 2


def test_a_feed_that_cannot_be_had_does_not_hide_the_others(rivers: PodcastHost, tmp_path: Path) -> None:
    """Its line says what to do; the status is 1; all are printed in the config's order."""
    feeds = "".join(f"  {name}: {{url: '{rivers.url(f'/{name}.xml')}'}}\n" for name in ("gone", "rivers"))
    config(tmp_path, feeds)

    done = call("feeds", "check")

    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "gone: cannot be had",
        f"  feed gone: the host answers 404 [{rivers.url('/gone.xml')}]",
        "    what to do: see whether the feed's address is still right",
    ]
    assert done.stdout.startswith("rivers: Rivers, 2 episodes")


def test_a_host_that_asks_to_wait_is_not_asked(rivers: PodcastHost, tmp_path: Path) -> None:
    """What a run was told holds for whoever asks."""
    rivers.statuses["/rivers.xml"], rivers.retry_after["/rivers.xml"] = 429, "3600"
    assert call("run").exit_code == 1
    asked = len(rivers.asked)

    done = call("feeds", "check")
    assert done.exit_code == 1
    assert "feed rivers: its host asks to wait until " in done.stderr
    assert len(rivers.asked) == asked


def test_a_feed_that_has_moved_is_checked_where_it_is(rivers: PodcastHost, tmp_path: Path) -> None:
    """Where a run would ask; and the run says that it has moved."""
    rivers.publish("/new.xml", rivers.bodies["/rivers.xml"])
    rivers.redirects["/rivers.xml"] = rivers.url("/new.xml")
    ran = call("run")
    assert f"note: the feed has moved to {rivers.url('/new.xml')} (a redirect that is meant for good, " in ran.output
    rivers.asked.clear()

    assert call("feeds", "check").exit_code == 0
    assert rivers.asked == ["/new.xml"]


def test_just_the_feeds_that_are_named_are_asked(rivers: PodcastHost, tmp_path: Path) -> None:
    """And an unknown name is a wrong call."""
    config(tmp_path, "".join(f"  {name}: {{url: '{rivers.url(f'/{name}.xml')}'}}\n" for name in ("gone", "rivers")))

    assert call("feeds", "check", "rivers").exit_code == 0
    assert rivers.asked == ["/rivers.xml"]
    assert call("feeds", "check", "nope").exit_code == 2


def test_one_address_under_two_names_is_said(rivers: PodcastHost, tmp_path: Path) -> None:
    """Every episode would get two notes, and nobody would know why."""
    config(tmp_path, "".join(f"  {name}: {{url: '{rivers.url('/rivers.xml')}'}}\n" for name in ("a", "b")))

    assert "a and b have one address" in call("feeds", "check").stderr


def test_a_title_cannot_move_the_cursor(host: PodcastHost, tmp_path: Path) -> None:
    """A feed's words are printed, not obeyed."""
    host.publish("/feed.xml", rss("Rivers", Item("One \x9b2J\u202e", guid="1")))
    config(tmp_path, f"  rivers: {{url: '{host.url('/feed.xml')}'}}\n")

    printed = call("feeds", "check").output

    assert all(character.isprintable() or character == "\n" for character in printed)
