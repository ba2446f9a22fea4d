"""The list `transcribe`: what may stand in it, what counts where nothing is said, how a mistake is told."""

from decimal import Decimal
from pathlib import Path

import pytest

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.settings import FeedSettings, Settings, load_settings
from inkwell_pipeline.source_settings import (
    CommandSource,
    PublisherSource,
    ServiceSource,
    SourceSettings,
    WhisperSource,
    YouTubeSource,
)

FEED = "feeds:\n  rivers: {url: rivers.xml}\n"


def load(folder: Path, text: str) -> Settings:
    (folder / "inkwell.yaml").write_text(text, encoding="utf-8")
    return load_settings({}, folder=folder)


def rivers(folder: Path, text: str) -> FeedSettings:
    return load(folder, text).feeds["rivers"]


def sources(folder: Path, *entries: str) -> tuple[SourceSettings, ...]:
    return rivers(folder, "transcribe:\n" + "".join(f"  - {entry}\n" for entry in entries) + FEED).transcribe


def test_without_a_list_the_publisher_s_count_alone(tmp_path: Path) -> None:
    """Nothing is heard, watched or paid for that nobody asked for."""
    feed = rivers(tmp_path, FEED)

    assert (feed.transcribe, feed.max_minutes, feed.diarize) == ((PublisherSource(),), None, False)


def test_sources_are_tried_as_they_are_listed(tmp_path: Path) -> None:
    """A name alone takes all the defaults; the others begin with what they cannot do without."""
    found = sources(
        tmp_path, "publisher", "youtube", "command: whisper {audio}", "{url: http://localhost:8000/v1, model: small}"
    )

    assert found == (
        PublisherSource(),
        YouTubeSource(),
        CommandSource(command="whisper {audio}"),
        ServiceSource(url="http://localhost:8000/v1", model="small"),
    )


@pytest.mark.parametrize(
    "entry",
    [
        "faster-whisper: {model: large-v3, timeout_s: 60}",
        "faster-whisper:\n    model: large-v3\n    timeout_s: 60",
        "faster-whisper: {model: large-v3}\n    timeout_s: 60",
        "{timeout_s: 60, model: large-v3, faster-whisper: }",
    ],
    ids=["below", "beside", "both", "in any order"],
)
def test_keys_stand_below_a_name_or_beside_it(tmp_path: Path, entry: str) -> None:
    """One space more or less in YAML means the same."""
    assert sources(tmp_path, entry) == (WhisperSource(model="large-v3", timeout_s=60),)


def test_whisper_has_defaults(tmp_path: Path) -> None:
    """The name alone is enough."""
    assert sources(tmp_path, "faster-whisper") == (
        WhisperSource(model="small", folder=None, device="auto", compute_type="default", language=None),
    )


def test_a_service_has_defaults(tmp_path: Path) -> None:
    """The price has none: what nobody said is unknown, and not free."""
    (found,) = sources(tmp_path, "{url: https://api.openai.com/v1, model: whisper-1}")

    assert isinstance(found, ServiceSource)
    assert (found.key_env, found.usd_per_minute, found.max_mb) == ("OPENAI_API_KEY", None, 25)
    assert (found.piece_minutes, found.language, found.timeout_s) == (None, None, None)


@pytest.mark.parametrize(("written", "usd"), [("0.006", "0.006"), ("0", "0"), ("6e-3", "0.006"), ("0.0001", "0.0001")])
def test_a_minute_s_price_is_exact(tmp_path: Path, written: str, usd: str) -> None:
    """As it was typed."""
    (found,) = sources(tmp_path, f"{{url: http://localhost/v1, model: m, usd_per_minute: {written}}}")

    assert isinstance(found, ServiceSource)
    assert found.usd_per_minute == Decimal(usd)


def test_a_command_s_words_are_a_shell_s(tmp_path: Path) -> None:
    """Quotes keep words together; a path with spaces, or with quotes, is one argument all the same."""
    (found,) = sources(tmp_path, "command: my-whisper --prompt 'rivers and gauges' --in={audio} $HOME")

    assert isinstance(found, CommandSource)
    assert found.arguments("/a b/it's.mp3", diarize=False) == [
        *("my-whisper", "--prompt", "rivers and gauges", "--in=/a b/it's.mp3", "$HOME")
    ]


def test_speakers_are_told_apart_where_that_is_asked_for(tmp_path: Path) -> None:
    """By arguments of the program's own, after all others."""
    (found,) = sources(tmp_path, "{command: 'w {audio}', diarize: '--speakers 2 --of {audio}'}")

    assert isinstance(found, CommandSource)
    assert found.arguments("a.mp3", diarize=False) == ["w", "a.mp3"]
    assert found.arguments("a.mp3", diarize=True) == ["w", "a.mp3", "--speakers", "2", "--of", "a.mp3"]


def test_a_command_without_a_way_to_tell_speakers_apart_is_as_it_is(tmp_path: Path) -> None:
    """Who asks for it gets the words."""
    (found,) = sources(tmp_path, "command: w {audio}")

    assert isinstance(found, CommandSource)
    assert found.arguments("a.mp3", diarize=True) == ["w", "a.mp3"]


def test_a_feed_inherits_its_sources_or_has_its_own(tmp_path: Path) -> None:
    """A list is taken whole; `diarize: false` of a feed is said, too."""
    text = (
        "transcribe: [publisher, faster-whisper]\nmax_minutes: 90\ndiarize: true\nfeeds:\n  a: {url: a.xml}\n"
        "  b: {url: b.xml, transcribe: [youtube], max_minutes: 0.5, diarize: false}\n"
    )

    feeds = load(tmp_path, text).feeds

    a, b = feeds["a"], feeds["b"]
    assert (a.transcribe, a.max_minutes, a.diarize) == ((PublisherSource(), WhisperSource()), 90, True)
    assert (b.transcribe, b.max_minutes, b.diarize) == ((YouTubeSource(),), 0.5, False)


def test_what_hearing_takes_has_limits(tmp_path: Path) -> None:
    """One transcript at a time on this machine, audio of any usual size; each can be said."""
    without = load(tmp_path, FEED)
    said = load(
        tmp_path,
        "audio: {max_mb: 200, timeout_minutes: 5}\nkeep_audio: true\nconcurrency: {transcribe: 2}\n" + FEED,
    )

    assert (without.audio.max_mb, without.audio.timeout_minutes, without.keep_audio) == (1000, 60, False)
    assert without.concurrency.transcribe == 1
    assert (said.audio.max_mb, said.audio.timeout_minutes, said.keep_audio) == (200, 5, True)
    assert said.concurrency.transcribe == 2


def test_equal_sources_are_one(tmp_path: Path) -> None:
    """What a feed's hearers are found by."""
    first, second, third = sources(tmp_path, "faster-whisper", "faster-whisper: {model: small}", "publisher")

    assert len({first, second, third}) == 2


HEAD = "transcribe:\n  - publisher\n"
SERVICE = HEAD + "  - url: https://api.openai.com/v1\n"
ALLOWED = "`publisher`, `youtube`, or a mapping that begins with `command`, `url` or `faster-whisper`"
MISTAKES = {
    "no list": ("transcribe: publisher\n", [":1: transcribe: ", "list", "'publisher'"]),
    "an empty list": ("transcribe: []\n", [":1: transcribe: must not be empty"]),
    "nothing": ("transcribe:\n", [":1: transcribe: ", "list"]),
    "an unknown name": (HEAD + "  - whisper\n", [":3: transcribe.1: must be ", ALLOWED, "not 'whisper'"]),
    "a name in capitals": (HEAD + "  - YouTube\n", [":3: transcribe.1: must be ", ALLOWED, "not 'YouTube'"]),
    "a number": (HEAD + "  - 7\n", [":3: transcribe.1: must be ", ALLOWED, "not 7"]),
    "a list": (HEAD + "  - [youtube]\n", [":3: transcribe.1: must be ", ALLOWED]),
    "an empty entry": (HEAD + "  -\n", [":3: transcribe.1: must be ", ALLOWED, "not None"]),
    "a mapping of no kind": (HEAD + "  - model: small\n", [":3: transcribe.1: must be ", ALLOWED, "model"]),
    "a key that is no text": (HEAD + "  - {1: 2}\n", [":3: transcribe.1: must be ", ALLOWED]),
    "two in one": (
        HEAD + "  - command: w {audio}\n    url: http://localhost/\n",
        [":3: transcribe.1: names command and url: each is an entry of its own"],
    ),
    "a command without audio": (HEAD + "  - command: w\n", [":3: transcribe.1: command: must hold {audio}"]),
    "an empty command": (HEAD + '  - command: ""\n', [":3: transcribe.1: command: must hold {audio}"]),
    "a quote that does not end": (
        HEAD + "  - command: w '{audio}\n",
        [":3: transcribe.1: command: cannot be split into words", "no closing quotation"],
    ),
    "a quote of diarize": (
        HEAD + "  - {command: 'w {audio}', diarize: '\"'}\n",
        [":3: transcribe.1: diarize: cannot be split into words"],
    ),
    "a command as a list": (HEAD + "  - command: [w, '{audio}']\n", [":3: transcribe.1: command: ", "string"]),
    "a typo beside a command": (
        HEAD + "  - command: w {audio}\n    diarise: x\n",
        [":3: transcribe.1: diarise: unknown key; allowed here: command, diarize, timeout_s"],
    ),
    "a service without a model": (SERVICE, [":3: transcribe.1: model: is missing"]),
    "a service without a scheme": (
        HEAD + "  - {url: 'localhost:80', model: m}\n",
        [":3: transcribe.1: url: ", "http:// or https://"],
    ),
    "a service's port": (HEAD + "  - {url: 'http://h:x/', model: m}\n", [":3: transcribe.1: url: ", "port"]),
    "a model without a name": (SERVICE + '    model: ""\n', [":3: transcribe.1: model: must not be empty"]),
    "a price below 0": (SERVICE + "    model: m\n    usd_per_minute: -1\n", ["usd_per_minute: ", "equal to 0"]),
    "a price that is none": (SERVICE + "    model: m\n    usd_per_minute: .nan\n", ["usd_per_minute: ", "finite"]),
    "files of no size": (SERVICE + "    model: m\n    max_mb: 0\n", [":3: transcribe.1: max_mb: ", "equal to 0.1"]),
    "a size as text": (SERVICE + "    model: m\n    max_mb: 25 MB\n", ["max_mb: ", "number", "'25 MB'"]),
    "short pieces": (SERVICE + "    model: m\n    piece_minutes: 0.5\n", ["piece_minutes: ", "equal to 1"]),
    "a key in the file": (SERVICE + "    model: m\n    key: x\n", ["transcribe.1: key: unknown key", "key_env"]),
    "a value of whisper": (
        HEAD + "  - faster-whisper: large\n",
        [":3: transcribe.1: faster-whisper: must hold keys and values, not 'large'"],
    ),
    "a typo of whisper": (
        HEAD + "  - faster-whisper: {modle: x}\n",
        [":3: transcribe.1: faster-whisper.modle: unknown key; allowed here: compute_type, device"],
    ),
    "no time": (HEAD + "  - youtube: {timeout_s: 0}\n", [":3: transcribe.1: youtube.timeout_s: ", "than 0"]),
    "all time": (HEAD + "  - publisher: {timeout_s: .inf}\n", ["transcribe.1: publisher.timeout_s: ", "finite"]),
    "time as yes": (HEAD + "  - youtube: {timeout_s: true}\n", ["transcribe.1: youtube.timeout_s: ", "number"]),
    "no minutes": ("max_minutes: 0\n", [":1: max_minutes: ", "than 0"]),
    "minutes for ever": ("max_minutes: .inf\n", [":1: max_minutes: ", "finite"]),
    "diarize as text": ("diarize: speakers\n", [":1: diarize: ", "boolean"]),
    "audio of no size": ("audio: {max_mb: 0}\n", [":1: audio.max_mb: ", "than 0"]),
    "a typo of audio": ("audio: {timeout_s: 5}\n", [":1: audio.timeout_s: unknown key", "max_mb, timeout_minutes"]),
    "none at once": ("concurrency: {transcribe: 0}\n", [":1: concurrency.transcribe: ", "equal to 1"]),
}


@pytest.mark.parametrize(("text", "parts"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_a_mistake_is_one_line_that_says_where_and_what(tmp_path: Path, text: str, parts: list[str]) -> None:
    """File, line of the entry, its place in the list, the key, what is allowed."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text + FEED)

    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(tmp_path / "inkwell.yaml"))
    for part in parts:
        assert part in line


def test_a_mistake_in_a_feed_s_own_list_names_the_feed(tmp_path: Path) -> None:
    """Its line, not that of the file's list."""
    own = "    transcribe:\n      - publisher\n      - wisper\n"
    text = "transcribe: [publisher]\nfeeds:\n  rivers:\n    url: a.xml\n" + own

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)

    assert f"{tmp_path / 'inkwell.yaml'}:7: feeds.rivers.transcribe.1: must be {ALLOWED}" in str(caught.value)


def test_a_password_in_an_address_is_not_told(tmp_path: Path) -> None:
    """The line goes to logs and issue trackers."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, HEAD + "  - {url: 'http://ada:s3cr3t/x@h/', model: m}\n" + FEED)

    assert "s3cr3t" not in str(caught.value)
