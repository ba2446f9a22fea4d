"""How far a hearing is: what a program's lines say, and when that is worth a line of ours."""

import logging
from dataclasses import dataclass
from queue import SimpleQueue

import pytest

from inkwell_pipeline.transcript.speech.telling import LEAST_S, SILENT_S, Telling

Lines = SimpleQueue[logging.LogRecord]


@dataclass
class Hand:
    """A clock that somebody moves on."""

    at_s: float = 1000.0  # a monotonic clock begins anywhere

    def now_s(self) -> float:
        return self.at_s


@pytest.fixture
def hand(caplog: pytest.LogCaptureFixture) -> Hand:
    """With the log as it is in a run, where these lines are shown."""
    caplog.set_level(logging.INFO, logger="inkwell_pipeline")
    return Hand()


def telling_of(hand: Hand, *, length_s: float | None = 600.0) -> Telling:
    return Telling("The gauge", "whisper-cli", length_s=length_s, timeout_s=2400.0, now_s=hand.now_s)


def told(lines: Lines) -> list[str]:
    return [lines.get_nowait().getMessage() for _ in range(lines.qsize())]


def share(lines: Lines) -> str | None:
    """The percentage in the one line that there is; None where there is none."""
    if not (found := told(lines)):
        return None
    (line,) = found
    return line.removeprefix("The gauge: whisper-cli: ").partition("%")[0]


def test_a_line_says_where_it_is_how_fast_and_how_long_still(hand: Hand, log_lines: Lines) -> None:
    """All that somebody who waits wants to know."""
    telling = telling_of(hand)
    hand.at_s += 20

    telling.heard(150)

    assert told(log_lines) == [
        "The gauge: whisper-cli: 25% (2:30 of 10:00), 7.5x as fast as it was spoken, about 1:00 left"
    ]


@pytest.mark.parametrize(
    ("line", "percent"),
    [
        ("[00:01:00.000 --> 00:05:00.000]   It rains.", "50"),
        ("00:01:00,000 --> 00:05:00,000", "50"),
        ("[04:58.000 --> 05:00.000]  It rains, by 99%.", "50"),
        ("[00:00.000 -> 02:30.500] It rains.", "25"),
        ("whisper_print_progress_callback: progress =  40%", "40"),
        (" 45%|████▌     | 270/600 [00:10<00:12, 27.0frames/s]", "45"),
        ("37.5 % done", "38"),
        ("100%", "100"),
        ("0%", None),
        ("130%", None),
        ("1050%", None),
        ("[00:10:01.000 --> 00:20:00.000]", None),
        ("It rains.", None),
        ("percent: 40", None),
        ("", None),
    ],
)
def test_what_a_line_says(hand: Hand, log_lines: Lines, line: str, percent: str | None) -> None:
    """A caption's end before a percentage that is spoken in it; what is beyond the end is no share."""
    telling = telling_of(hand)
    hand.at_s += LEAST_S

    telling.line(line)

    assert share(log_lines) == percent


def test_hours_count(hand: Hand, log_lines: Lines) -> None:
    """Podcasts are long."""
    telling = telling_of(hand, length_s=4 * 3600.0)
    hand.at_s += LEAST_S

    telling.line("[01:59:58.000 --> 02:00:00.000]  It rains.")

    assert share(log_lines) == "50"


def test_without_a_length_a_caption_says_nothing_and_a_percentage_does(hand: Hand, log_lines: Lines) -> None:
    """Of what nobody knows the length there is no share; the program knows more."""
    telling = telling_of(hand, length_s=None)
    hand.at_s += 30

    telling.line("[00:01:00.000 --> 00:05:00.000]   It rains.")
    telling.heard(100)
    assert told(log_lines) == []

    telling.line("50%")
    assert told(log_lines) == ["The gauge: whisper-cli: 50%, about 0:30 left"]


def test_there_is_no_step_back(hand: Hand, log_lines: Lines) -> None:
    """Programs begin again with each part of their work: loading, hearing, aligning."""
    telling = telling_of(hand)
    for line in ("50%", "10%", "50%", "49%"):
        hand.at_s += LEAST_S
        telling.line(line)

    assert share(log_lines) == "50"


def test_lines_come_now_and_then(hand: Hand, log_lines: Lines) -> None:
    """A caption a second would bury the log; what comes between two lines is in the second of them."""
    telling = telling_of(hand)
    for second in range(1, 61):
        hand.at_s += 1
        telling.heard(second * 5)

    lines = told(log_lines)

    assert [line.partition("%")[0].rpartition(" ")[2] for line in lines] == ["12", "25", "38", "50"]


def test_who_is_silent_is_said_to_be_at_work(hand: Hand, log_lines: Lines) -> None:
    """Nobody takes a long silence for a hang, and the line says when it would end."""
    telling = telling_of(hand)
    hand.at_s += SILENT_S - 1
    telling.still()
    assert told(log_lines) == []

    hand.at_s += 1
    telling.still()
    telling.still()
    assert told(log_lines) == [
        "The gauge: whisper-cli is still at work, for 1:00 so far; it is ended after 40:00",
    ]

    hand.at_s += SILENT_S
    telling.still()
    assert told(log_lines) == ["The gauge: whisper-cli is still at work, for 2:00 so far; it is ended after 40:00"]


def test_who_says_something_is_not_silent(hand: Hand, log_lines: Lines) -> None:
    """The silence begins with the last line."""
    telling = telling_of(hand)
    hand.at_s += SILENT_S - 1
    telling.line("10%")
    assert share(log_lines) == "10"

    hand.at_s += SILENT_S - 1
    telling.still()
    assert told(log_lines) == []
