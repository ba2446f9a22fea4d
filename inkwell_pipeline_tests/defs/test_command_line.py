"""The ways in that people use, as processes of their own: `dagster asset materialize` and `inkwell-pipeline run`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.builders import vtt
from inkwell_pipeline_tests.defs.runs import command_line
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss

SOON_S = 15  # 5 on a machine that does nothing else
MATERIALIZE = ("dagster", "asset", "materialize", "-m", "inkwell_pipeline.definitions", "--select")

BROKEN = {
    "feeds: {a: {url: f.xml, newst: 3}}": "feeds.a.newst: unknown key; allowed here: auth, diarize, language",
    "valut: x\nfeeds: {a: {url: f.xml}}": "valut: unknown key; allowed here: allow_private_hosts, audio, budget",
    "vault: x": "feeds: is missing",
    "feeds: {}": "feeds: must not be empty",
    "feeds: [a]": "feeds: must hold keys and values",
    "feeds: {A b: {url: f.xml}}": "feeds.A b: a feed's name has small letters",
    "feeds: {a: {url: 'ftp://x/y'}}": "feeds.a.url: an address must begin with http:// or https://",
    "newest: many\nfeeds: {a: {url: f.xml}}": "newest: input should be a valid integer, not 'many'",
    "newest: 0\nfeeds: {a: {url: f.xml}}": "newest: input should be greater than or equal to 1, not 0",
    "feeds: {a: {url: f.xml, watch: 'yes'}}": "feeds.a.watch: input should be a valid boolean, not 'yes'",
    "templates: [sumary]\nfeeds: {a: {url: f.xml}}": "there is no template 'sumary'; there are: actions, key-ideas",
    "feeds: {a: {url: f.xml, auth: {username_env: U}}}": "feeds.a.auth: needs `username_env` and `password_env`",
    "folder: ../x\nfeeds: {a: {url: f.xml}}": "folder: must be a folder in the vault",
    "feeds: {a: {url: f.xml": "is not YAML",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_config_is_our_line(text: str, tmp_path: Path) -> None:
    """It has file, key and what is allowed."""
    config = tmp_path / "inkwell.yaml"
    config.write_text(text + "\n")

    with pytest.raises(ConfigError) as raised:
        build_defs(load_settings({}, folder=tmp_path))

    assert str(raised.value).startswith(str(config))
    assert BROKEN[text] in str(raised.value)


def test_a_broken_config_ends_with_our_line(tmp_path: Path) -> None:
    """As the last line of what Python prints when the definitions are loaded."""
    config, text = tmp_path / "inkwell.yaml", next(iter(BROKEN))
    config.write_text(text + "\n")

    done = subprocess.run(
        [sys.executable, "-c", "import inkwell_pipeline.definitions"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    last = done.stderr.rstrip().splitlines()[-1]
    assert last.startswith(f"inkwell_pipeline.errors.ConfigError: {config}")
    assert BROKEN[text] in last


def test_dagster_shows_a_broken_config_as_its_last_line(tmp_path: Path) -> None:
    """The same through Dagster's own command: no wrapper hides it."""
    (tmp_path / "inkwell.yaml").write_text("feeds: {a: {url: f.xml, newst: 3}}\n")

    done = command_line(*MATERIALIZE, "*", "--partition", "a", folder=tmp_path)

    assert done.returncode != 0
    assert "feeds.a.newst: unknown key" in done.stderr.rstrip().splitlines()[-1]


def test_the_sample_materialises_from_any_folder(tmp_path: Path) -> None:
    """With no config and no key: three notes in ./vault, and a second run that writes none."""
    first = command_line(*MATERIALIZE, "*", "--partition", "sample", folder=tmp_path)
    notes = {path: path.stat().st_mtime_ns for path in (tmp_path / "vault").rglob("*.md")}
    second = command_line(*MATERIALIZE, "*", "--partition", "sample", folder=tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(notes) == 3
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "vault").rglob("*.md")} == notes


def test_a_failed_episode_makes_the_command_fail(host: PodcastHost, tmp_path: Path) -> None:
    """Exit status 1 for cron, and a line that names the episode."""
    lost = Item("Lost", guid="x", transcripts=((host.url("/nowhere.vtt"), "text/vtt"),))
    host.publish("/feed.xml", rss("Rivers", lost, Item("Kept", guid="y")))
    (tmp_path / "inkwell.yaml").write_text(
        f"allow_private_hosts: true\nfeeds:\n  rivers: {{url: '{host.url('/feed.xml')}'}}\n"
    )

    done = command_line("inkwell-pipeline", "run", folder=tmp_path)

    assert done.returncode == 1
    assert "rivers: 1 notes, 1 of them written now, 1 without a transcript, 1 failed" in done.stdout
    assert "feed rivers, episode Lost: the host answers 404" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"), [(["run", "nope"], "no feed 'nope'; there are: sample"), (["walk"], "walk")]
)
def test_a_wrong_call_ends_with_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    """As other programs do, so that a script can tell a typing mistake from a failed feed."""
    done = command_line("inkwell-pipeline", *arguments, folder=tmp_path)

    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_run_cleans_up(number: signal.Signals, host: PodcastHost, tmp_path: Path) -> None:
    """Stopped while a host keeps it waiting, the command ends soon; what was done stays, nothing half stays."""
    slow = Item("Slow", guid="s", transcripts=((host.publish("/slow.vtt", vtt(), "text/vtt"), "text/vtt"),))
    host.publish("/feed.xml", rss("Rivers", slow))
    host.delays_s["/slow.vtt"] = SOON_S + 3
    (tmp_path / "inkwell.yaml").write_text(
        f"allow_private_hosts: true\nfeeds:\n  rivers: {{url: '{host.url('/feed.xml')}'}}\n"
    )
    process = subprocess.Popen(
        [Path(sys.executable).parent / "dagster", *MATERIALIZE[1:], "*", "--partition", "rivers"],
        cwd=tmp_path,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    host.wait_until_asked("/slow.vtt")
    process.send_signal(number)
    _, errors = process.communicate(timeout=SOON_S)

    assert process.returncode != 0
    assert "RUN_FAILURE" in errors
    assert not list(tmp_path.rglob("*.tmp"))
    assert (tmp_path / ".inkwell" / "manifests" / "feed" / "rivers" / "latest.json").exists()


def test_a_stopped_command_begins_no_other_feed(host: PodcastHost, tmp_path: Path) -> None:
    """Ctrl-C ends all of `inkwell-pipeline run`, not the feed at work alone; status 130, as a shell has it."""
    slow = Item("Slow", guid="s", transcripts=((host.publish("/slow.vtt", vtt(), "text/vtt"), "text/vtt"),))
    host.publish("/a.xml", rss("A", slow))
    host.publish("/b.xml", rss("B", Item("One", guid="1")))
    host.delays_s["/slow.vtt"] = SOON_S + 3
    feeds = "".join(f"  {name}: {{url: '{host.url(f'/{name}.xml')}'}}\n" for name in "ab")
    (tmp_path / "inkwell.yaml").write_text(f"allow_private_hosts: true\nfeeds:\n{feeds}")
    process = subprocess.Popen(
        [Path(sys.executable).parent / "inkwell-pipeline", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    host.wait_until_asked("/slow.vtt")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SOON_S)

    assert process.returncode == 130
    assert "stopped; what was done is kept" in errors
    assert "/b.xml" not in host.asked
