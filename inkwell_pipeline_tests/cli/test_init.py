"""`inkwell-pipeline init`: the config that it writes, and what it leaves alone."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.cli.init import NamedFeed, config_text, slug, vault_above
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.cli.commands import call
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss


def test_a_feed_is_named_after_its_show(host: PodcastHost, tmp_path: Path) -> None:
    """The config names the feeds as a person would, and loads."""
    first = host.publish("/a.xml", rss("Rivers & Bridges", Item("One", guid="1")), "application/rss+xml")
    second = host.publish("/b.xml", rss("Rivers & Bridges!", Item("One", guid="1")), "application/rss+xml")

    done = call("init", "--allow-private-hosts", first, second)

    assert done.exit_code == 0, done.output
    loaded = load_settings()
    assert {name: feed.source for name, feed in loaded.feeds.items()} == {
        "rivers-bridges": first,
        "rivers-bridges-2": second,
    }
    assert loaded.allow_private_hosts
    assert "feed rivers-bridges: named after its show" in done.output
    assert "inkwell-pipeline feeds check" in done.output


def test_a_feed_that_cannot_be_asked_is_named_after_its_host(host: PodcastHost) -> None:
    """Offline, or where the host is down: the config is written all the same, and says so."""
    done = call("init", host.url("/feed.xml"))

    assert done.exit_code == 0
    assert list(load_settings().feeds) == ["localhost"]
    assert "private network" in done.stderr


@pytest.mark.parametrize("at", [".", "notes", "notes/deep"])
def test_the_vault_is_found_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """From wherever in the vault, or beside it, somebody begins."""
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / at).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / at)

    call("init")

    assert load_settings().vault == tmp_path


def test_without_a_vault_one_is_named_and_said(tmp_path: Path) -> None:
    """Nobody has to have Obsidian to begin."""
    assert vault_above(tmp_path) is None

    done = call("init")

    assert load_settings().vault == tmp_path / "vault"
    assert "none was found" in done.output


def test_the_vault_can_be_given(tmp_path: Path) -> None:
    """Where it is elsewhere; relative to where the command was called, not to the config."""
    (tmp_path / "here").mkdir()

    call("init", "--vault", "my notes", "--config", "here/inkwell.yaml")

    assert load_settings({"INKWELL_CONFIG": "here/inkwell.yaml"}).vault == tmp_path / "my notes"


def test_a_config_is_never_overwritten(tmp_path: Path) -> None:
    """It is the user's; status 2, and what to do."""
    (tmp_path / "inkwell.yaml").write_text("mine")

    done = call("init")

    assert done.exit_code == 2
    assert "is there already; it was left as it is" in done.stderr
    assert "--config" in done.stderr
    assert (tmp_path / "inkwell.yaml").read_text() == "mine"


def test_an_address_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """In the words of the config's own check, with the file that would have been."""
    done = call("init", "ftp://example.com/feed.xml")

    assert done.exit_code == 2
    assert "inkwell.yaml:" in done.stderr
    assert "an address must begin with http:// or https://" in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_feeds_there_is_an_example(tmp_path: Path) -> None:
    """A config must have one."""
    call("init")

    assert list(load_settings().feeds) == ["example"]


@given(st.text(max_size=200), st.sets(st.text(string.ascii_lowercase + "-0123456789", max_size=8)))
def test_every_title_gives_a_name_that_is_allowed_and_free(title: str, taken: set[str]) -> None:
    """Also one of emoji alone, or in a script that has no Latin letters."""
    name = slug(title, taken=taken)

    assert name not in taken
    assert name[0] in string.ascii_lowercase + string.digits
    assert set(name) <= set(string.ascii_lowercase + string.digits + "-")
    assert slug(title, taken=[*taken, name]) != name


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20)


@settings(max_examples=15, deadline=None)
@given(path=TEXTS.filter(lambda name: name not in (".", "..")), query=TEXTS)
def test_paths_and_addresses_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, path: str, query: str
) -> None:
    """Colons, quotes, `#`, braces, line ends: YAML has a meaning for each of them."""
    folder = tmp_path_factory.mktemp("config")
    url, vault = f"https://example.com/feed.xml?{query}", folder / path
    config = folder / "inkwell.yaml"
    text = config_text([NamedFeed("a", url)], config=config, vault=vault, allow_private_hosts=False)
    config.write_text(text, encoding="utf-8", newline="")

    loaded = load_settings({"INKWELL_CONFIG": str(config)})

    assert (loaded.feeds["a"].source, loaded.vault) == (url, vault)
