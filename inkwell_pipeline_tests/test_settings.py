"""The config: what counts when nothing is said, who overrides whom, and how a mistake is told."""

from decimal import Decimal
from pathlib import Path

import pytest

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.extraction import load_templates
from inkwell_pipeline.settings import DEFAULT_TEMPLATES, Auth, Settings, load_settings

FEED = "feeds:\n  rivers: {url: rivers.xml}\n"


def config(folder: Path, text: str | bytes = FEED, *, name: str = "inkwell.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load(folder: Path, text: str | bytes = FEED, **environment: str) -> Settings:
    config(folder, text)
    return load_settings(environment, folder=folder)


def mistake(folder: Path, text: str | bytes, **environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environment)
    return str(caught.value)


def test_a_config_of_feeds_alone_has_all_the_defaults(tmp_path: Path) -> None:
    """Everything but `feeds` has a default, so that the first config is three lines."""
    settings = load(tmp_path)

    assert (settings.vault, settings.data_dir) == (tmp_path / "vault", tmp_path / ".inkwell")
    assert (settings.folder, settings.template_dir, settings.allow_private_hosts) == ("Podcasts", None, False)
    assert settings.note_template is None
    assert (settings.concurrency.llm, settings.concurrency.http) == (8, 8)
    assert settings.cache.ttl_s is None
    feed = settings.feeds["rivers"]
    assert (feed.newest, feed.templates, feed.model, feed.language) == (5, DEFAULT_TEMPLATES, "offline", "en")
    assert (feed.poll_minutes, feed.watch, feed.auth) == (30, False, None)


def test_a_named_config_comes_before_the_one_in_the_folder(tmp_path: Path) -> None:
    """INKWELL_CONFIG is said for this run; a file that happens to lie in the folder is not."""
    named = config(tmp_path, "feeds:\n  named: {url: a.xml}\n", name="else/where.yaml")

    assert list(load(tmp_path, INKWELL_CONFIG=str(named)).feeds) == ["named"]
    assert list(load(tmp_path, INKWELL_CONFIG="else/where.yaml").feeds) == ["named"]


def test_the_config_in_the_folder_comes_before_the_sample(tmp_path: Path) -> None:
    """Who has written an inkwell.yaml means it."""
    assert list(load(tmp_path).feeds) == ["rivers"]


def test_without_any_config_the_packaged_sample_counts(tmp_path: Path) -> None:
    """A bare clone must make notes: the sample's feed lies in the package, vault and data in the current folder."""
    settings = load_settings({}, folder=tmp_path)

    assert list(settings.feeds) == ["sample"]
    assert (settings.vault, settings.data_dir) == (tmp_path / "vault", tmp_path / ".inkwell")
    source = settings.feeds["sample"].source
    assert isinstance(source, Path)
    assert source.is_file()


def test_the_process_s_own_surroundings_count_where_none_are_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Dagster calls without arguments: then the environment and the current folder are looked at, when called."""
    monkeypatch.setenv("INKWELL_CONFIG", str(config(tmp_path, name="mine.yaml")))

    assert load_settings().config == tmp_path / "mine.yaml"


def test_paths_are_relative_to_their_config(tmp_path: Path) -> None:
    """A config works from wherever it is called."""
    text = "vault: ../notes\ndata_dir: data\ntemplate_dir: ./t\nnote_template: ./n.j2\n" + FEED
    path = config(tmp_path, text, name="home/inkwell.yaml")

    settings = load_settings({"INKWELL_CONFIG": str(path)}, folder=tmp_path)

    home = tmp_path / "home"
    assert (settings.vault, settings.data_dir) == (tmp_path / "notes", home / "data")
    assert (settings.template_dir, settings.feeds["rivers"].source) == (home / "t", home / "rivers.xml")
    assert settings.note_template == home / "n.j2"


def test_a_tilde_is_the_user_s_home(tmp_path: Path) -> None:
    """`~/Notes` is what people write for their vault."""
    assert load(tmp_path, "vault: ~/Notes\n" + FEED).vault == Path.home() / "Notes"


def test_variables_override_the_file(tmp_path: Path) -> None:
    """One run into another vault, or with another model, needs no edit; a feed's own model gives way, too."""
    text = "vault: a\ndata_dir: b\nfeeds:\n  rivers: {url: rivers.xml, model: offline}\n"

    settings = load(tmp_path, text, INKWELL_VAULT="v", INKWELL_DATA_DIR=str(tmp_path / "d"), INKWELL_MODEL="offline")

    assert (settings.vault, settings.data_dir) == (tmp_path / "v", tmp_path / "d")
    assert settings.feeds["rivers"].model == "offline"


def test_an_empty_variable_overrides_nothing(tmp_path: Path) -> None:
    """`INKWELL_VAULT=` in a shell or a compose file means: not set."""
    settings = load(tmp_path, INKWELL_VAULT="", INKWELL_DATA_DIR="", INKWELL_MODEL="", INKWELL_CONFIG="")

    assert settings.vault == tmp_path / "vault"


def test_a_feed_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    """The file's values are every feed's; a feed's own count for that feed alone."""
    text = (
        "newest: 7\nlanguage: de\npoll_minutes: 5\ntemplates: [summary]\nfeeds:\n  a: {url: a.xml}\n"
        "  b: {url: b.xml, newest: 1, language: fr, poll_minutes: 0.05, templates: [quotes, links], watch: true}\n"
    )

    feeds = load(tmp_path, text).feeds

    a, b = feeds["a"], feeds["b"]
    assert (a.newest, a.language, a.poll_minutes, a.templates, a.watch) == (7, "de", 5, ("summary",), False)
    assert (b.newest, b.language, b.poll_minutes, b.templates, b.watch) == (1, "fr", 0.05, ("quotes", "links"), True)


def test_an_address_stays_an_address(tmp_path: Path) -> None:
    """Only what has no `://` is a file: the config's owner wrote it."""
    assert load(tmp_path, "feeds:\n  a: {url: https://example.com/feed}\n").feeds["a"].source == (
        "https://example.com/feed"
    )


@pytest.mark.parametrize("auth", ["{bearer_env: T}", "{username_env: U, password_env: P}"])
def test_a_private_feed_names_variables(tmp_path: Path, auth: str) -> None:
    """A secret never stands in the file; a token, or a name with its password, stands in the environment."""
    assert isinstance(load(tmp_path, f"feeds:\n  a: {{url: a.xml, auth: {auth}}}\n").feeds["a"].auth, Auth)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Windows' editors put one in front."""
    assert "rivers" in load(tmp_path, b"\xef\xbb\xbf" + FEED.encode()).feeds


def test_money_is_exact(tmp_path: Path) -> None:
    """Decimal, as it was typed: YAML's floats are not what anybody means by a cent."""
    text = (
        "budget: {monthly_usd: 20, per_run_usd: 0.1}\n"
        "prices:\n  mine: {input: 0, output: 0.25}\n  openai:other: {input: 1.1, output: 2, cache_read: 0.11}\n"
    )

    settings = load(tmp_path, text + FEED)

    assert (settings.budget.monthly_usd, settings.budget.per_run_usd) == (Decimal(20), Decimal("0.1"))
    assert settings.prices["mine"].output == Decimal("0.25")
    assert (settings.prices["openai:other"].cache_read, settings.prices["openai:other"].cache_write) == (
        Decimal("0.11"),
        None,
    )


def test_without_a_budget_there_is_no_limit(tmp_path: Path) -> None:
    """And no quote may be invented unnoticed."""
    settings = load(tmp_path, FEED)

    assert (settings.budget.monthly_usd, settings.budget.per_run_usd, settings.prices) == (None, None, {})
    assert settings.quotes.unverified_share == 0


@pytest.mark.parametrize("model", ["offline", "test", "anthropic:claude-haiku-4-5", "openai-chat:a/b:c", "google:g"])
def test_a_model_is_ours_or_a_provider_s(tmp_path: Path, model: str) -> None:
    """In the file, of a feed, or by the variable."""
    assert load(tmp_path, f"model: {model}\n{FEED}").feeds["rivers"].model == model
    assert load_settings({"INKWELL_MODEL": model}, folder=tmp_path).feeds["rivers"].model == model


@pytest.mark.parametrize(("days", "seconds"), [("7", 604800), ("0.5", 43200), ("null", None)])
def test_what_is_cached_ends_when_the_config_says_so(tmp_path: Path, days: str, seconds: float | None) -> None:
    """In days, for people; null is what counts without it: kept for good."""
    assert load(tmp_path, f"cache: {{ttl_days: {days}}}\n" + FEED).cache.ttl_s == seconds


ONE = "feeds:\n  a:\n    url: a.xml\n"
MISTAKES = {
    "unknown key": ("valut: x\n" + FEED, [":1: valut: unknown key; allowed here:", "vault"]),
    "unknown key of a feed": (ONE + "    newst: 3\n", [":4: feeds.a.newst: unknown key", "newest"]),
    "unknown key of auth": (ONE + "    auth: {token: x}\n", [":4: feeds.a.auth.token: unknown", "bearer_env"]),
    "unknown key of budget": ("budget: {monthly: 3}\n" + FEED, [":1: budget.monthly: unknown", "monthly_usd"]),
    "unknown key of concurrency": ("concurrency:\n  gpu: 3\n" + FEED, [":2: concurrency.gpu:", "http, llm"]),
    "unknown key of a price": (
        "prices:\n  mine: {input: 1, output: 2, cached: 3}\n" + FEED,
        [":2: prices.mine.cached: unknown key", "input, output"],
    ),
    "unknown key of cache": ("cache: {ttl: 3}\n" + FEED, [":1: cache.ttl: unknown key", "ttl_days"]),
    "kept for no time": ("cache: {ttl_days: 0}\n" + FEED, [":1: cache.ttl_days:", "greater than 0"]),
    "kept for ever": ("cache: {ttl_days: .inf}\n" + FEED, [":1: cache.ttl_days:", "finite"]),
    "kept for yes": ("cache: {ttl_days: true}\n" + FEED, [":1: cache.ttl_days:", "number"]),
    "an empty cache": ("cache:\n" + FEED, [":1: cache: must hold keys and values: ttl_days"]),
    "a negative price": ("prices:\n  mine: {input: -1, output: 2}\n" + FEED, [":2: prices.mine.input:", "to 0"]),
    "text for a number": ('newest: "5"\n' + FEED, [":1: newest:", "integer", "'5'"]),
    "a word for a number": ("newest: five\n" + FEED, [":1: newest:", "integer", "'five'"]),
    "a fraction": ("newest: 2.5\n" + FEED, [":1: newest:", "integer"]),
    "newest 0": ("newest: 0\n" + FEED, [":1: newest:", "greater than or equal to 1"]),
    "asked too often": ("poll_minutes: 0.01\n" + FEED, [":1: poll_minutes:", "0.05"]),
    "never asked": ("poll_minutes: .inf\n" + FEED, [":1: poll_minutes:", "finite"]),
    "no feeds": ("vault: x\n", [": feeds: is missing"]),
    "empty feeds": ("feeds: {}\n", [":1: feeds: must not be empty"]),
    "feeds without any": ("feeds:\n", [":1: feeds: must hold keys and values"]),
    "feeds as a list": ("feeds:\n  - url: a.xml\n", [":1: feeds: must hold keys and values"]),
    "a feed as text": ("feeds:\n  a: https://example.com\n", [":2: feeds.a: must hold keys and values", "url"]),
    "a feed without url": ("feeds:\n  a: {newest: 3}\n", [":2: feeds.a.url: is missing"]),
    "two feeds of one sensor": (
        "feeds:\n  a-b: {url: a.xml}\n  a_b: {url: b.xml}\n",
        [":3: feeds.a_b: differs from a-b in `-` and `_` alone", "one name"],
    ),
    "a feed's name": ("feeds:\n  My Show: {url: a.xml}\n", [":2: feeds.My Show:", "small letters, digits"]),
    "another scheme": ("feeds:\n  a: {url: ftp://h/x}\n", [":2: feeds.a.url:", "http:// or https://"]),
    "no host": ("feeds:\n  a: {url: https:///x}\n", [":2: feeds.a.url:", "name a host"]),
    "a port that is none": ("feeds:\n  a: {url: https://h:x/y}\n", [":2: feeds.a.url:", "port must be a number"]),
    "a password with a slash": ("feeds:\n  a: {url: 'http://u:p/ss@h/'}\n", [":2: feeds.a.url:", "%2F"]),
    "a value of no kind": ("watch: !!bool maybe\n", ["is not YAML"]),
    "a key by way of another": ("x: &x {newst: 1}\nfeeds:\n  a: {<<: *x, url: f.xml}\n", ["newst: unknown key"]),
    "a typo that hides a key": ("feeds:\n  a: {ulr: f.xml}\n", [":2: feeds.a.ulr: unknown key", "(and 1 more)"]),
    "no YAML": ("feeds: [\n", [":2: is not YAML"]),
    "no mapping": ("just words\n", ["must hold keys and values"]),
    "an empty file": ("", ["must hold keys and values"]),
    "a key twice": ("vault: a\nvault: b\n" + FEED, [":2: is not YAML: found duplicate key"]),
    "a feed twice": ("feeds:\n  a: {url: x}\n  a: {url: y}\n", [":3: is not YAML: found duplicate key"]),
    "a tab": ("feeds:\n\ta: {url: x}\n", [":2: is not YAML", "\\t"]),
    "a day that is none": ("vault: 2024-13-45\n" + FEED, ["is not YAML", "month"]),
    "folder outside the vault": ("newest: 2\nfolder: ../x\n" + FEED, [":2: folder: must be a folder in the vault"]),
    "folder from the root": ("folder: /etc\n" + FEED, [":1: folder: must be a folder in the vault"]),
    "half an auth": (ONE + "    auth: {username_env: U}\n", [":4: feeds.a.auth: needs", "password_env"]),
    "two auths": (ONE + "    auth: {username_env: U, password_env: P, bearer_env: B}\n", [":4: feeds.a.auth: needs"]),
    "watch: yes": (ONE + "    watch: yes\n", [":4: feeds.a.watch:", "boolean", "'yes'"]),
    "a model": ("model: gpt-5\n" + FEED, [":1: model:", "`offline`, `test`, or a provider", "not 'gpt-5'"]),
    "a feed's model": (ONE + "    model: Open AI\n", [":4: feeds.a.model:", "`offline`, `test`"]),
    "less than no money": ("budget: {monthly_usd: -1}\n" + FEED, [":1: budget.monthly_usd:", "greater than or equal"]),
    "no price": ("prices: {mine: {input: 1}}\n" + FEED, [":1: prices.mine.output: is missing"]),
    "a share of more than all": ("quotes: {unverified_share: 2}\n" + FEED, [":1: quotes.unverified_share:", "1"]),
    "a language": ("language: English, please\n" + FEED, [":1: language:", "pattern"]),
    "templates as text": ("templates: summary\n" + FEED, [":1: templates:", "list", "'summary'"]),
    "no templates": ("templates: []\n" + FEED, [":1: templates: must not be empty"]),
    "a layout without a name": ('note_template: ""\n' + FEED, [":1: note_template:", "must not be empty"]),
    "nobody's home": ("vault: ~nobody-of-this-name/x\n" + FEED, [": vault: nobody"]),
    "two mistakes": ("newest: 0\nfolder: 3\n" + FEED, [":2: folder:", "(and 1 more)"]),
    "Latin-1": (b"vault: caf\xe9\n" + FEED.encode(), ["is not UTF-8"]),
}


@pytest.mark.parametrize(("text", "parts"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_a_mistake_is_one_line_that_says_where_and_what(tmp_path: Path, text: str | bytes, parts: list[str]) -> None:
    """File, line, key path, what is allowed: the user mends it without reading our code. Never SystemExit."""
    line = mistake(tmp_path, text)

    assert "\n" not in line
    assert line.startswith(str(tmp_path / "inkwell.yaml"))
    for part in parts:
        assert part in line


def test_a_model_that_the_environment_names_is_checked_too(tmp_path: Path) -> None:
    """The line names the variable, since the file is right."""
    assert mistake(tmp_path, FEED, INKWELL_MODEL="gpt").startswith("INKWELL_MODEL=gpt: ")


def test_a_named_config_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """Falling back to the sample would write notes that nobody asked for."""
    line = mistake(tmp_path, FEED, INKWELL_CONFIG="gone.yaml")

    assert line == f"{tmp_path / 'gone.yaml'}: there is no such file, though INKWELL_CONFIG names it"


def test_a_folder_as_config_is_an_error(tmp_path: Path) -> None:
    """What the operating system says of it, in our line."""
    assert "cannot be read" in mistake(tmp_path, FEED, INKWELL_CONFIG=str(tmp_path))


TEMPLATE = 'version: "1"\nheading: Mine\noutput: items\nprompt: What?\n'
BROKEN_TEMPLATES = {
    "a number for the version": (TEMPLATE.replace('"1"', "1"), [":1: version:", "string"]),
    "an output of its own": (TEMPLATE.replace("items", "table"), [":3: output:", "'prose'"]),
    "no prompt": ('version: "1"\nheading: Mine\noutput: items\n', [": prompt: is missing"]),
    "an unknown key": (TEMPLATE + "modle: x\n", [":5: modle: unknown key", "prompt"]),
    "no YAML": ("version: [\n", ["is not YAML"]),
}


@pytest.mark.parametrize(("text", "parts"), list(BROKEN_TEMPLATES.values()), ids=list(BROKEN_TEMPLATES))
def test_a_broken_template_is_told_like_a_broken_config(tmp_path: Path, text: str, parts: list[str]) -> None:
    """Both are YAML that people write."""
    path = config(tmp_path, text, name="mine.yaml")

    with pytest.raises(ConfigError) as caught:
        load_templates(["mine"], template_dir=tmp_path, named_in="inkwell.yaml: templates")

    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    assert all(part in line for part in parts)


def test_an_unknown_template_is_told_with_those_that_there_are() -> None:
    """A mistyped name is mended by the list; the line says where the name stands."""
    with pytest.raises(
        ConfigError,
        match=r"^inkwell\.yaml: .*'quotse'; there are: actions, key-ideas, links, questions",
    ):
        load_templates(["quotse"], template_dir=None, named_in="inkwell.yaml: templates of the feed a")


def test_a_template_dir_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Taking ours silently would hide the typing mistake; the line names the config and the folder."""
    with pytest.raises(ConfigError, match=r"^inkwell\.yaml: .*template_dir: .*gone is no folder$"):
        load_templates(["summary"], template_dir=tmp_path / "gone", named_in="inkwell.yaml: templates")
