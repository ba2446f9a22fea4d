"""What is due: computed from what a feed holds, how far its episodes have come, and which runs are at work."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.feed.due import DELAYS, Ended, Runs, Verdict, begun, judge, settle
from inkwell_pipeline.feed.present import READER, Present, Sketch
from inkwell_pipeline.models import Failure, Manifest
from inkwell_pipeline.progress import MOST_FAILURES, EpisodeProgress, Noted, Progress, Request, Setback
from inkwell_pipeline_tests.builders import record

NOON = datetime(2024, 4, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sketch(number: int, **changes: Any) -> Sketch:
    """Episode `number`, published at noon on that day of April 2024; its key is `e<number>`."""
    published = datetime(2024, 4, number, 12, 0, tzinfo=UTC)
    return Sketch(**{"key": f"e{number}", "title": f"Episode {number}", "published": published, **changes})


def holds(*sketches: Sketch) -> Present:
    """A feed with these episodes, newest first."""
    return Present(body="0" * 64, reader=READER, title="Rivers", episodes=sketches)


def days(*numbers: int) -> Present:
    return holds(*(sketch(number) for number in sorted(numbers, reverse=True)))


def watched(present: Present, *newest: str, progress: Progress | None = None) -> Progress:
    """The progress of a feed whose watching has begun with these episodes; all that it has by default."""
    keys = newest or tuple(one.key for one in present.episodes)
    return begun(progress or Progress(epoch="an-epoch"), present, newest=keys, now=NOON)


def noted(source: str | None = "publisher", *, offers: Sequence[str] = ()) -> EpisodeProgress:
    said = Noted(at=NOON, run_id="run-1", note="a.md", source=source, offers=tuple(offers))
    return EpisodeProgress(title="An episode", noted=said)


def failed(times: int, *, at: datetime = NOON, asked: int = 0) -> EpisodeProgress:
    setback = Setback(at=at, run_id="run-1", asset="transcript", error="the host answers 404")
    return EpisodeProgress(title="An episode", setback=setback, failures=times, asked=asked)


def judged(
    progress: Progress, present: Present | None, runs: Runs | None = None, *, at_most: int = 5, now: datetime = NOON
) -> Verdict:
    return judge(progress, present, runs or Runs(), at_most=at_most, now=now)[1]


def asked_for(verdict: Verdict) -> list[str]:
    return list(verdict.request.attempts) if verdict.request else []


def states(verdict: Verdict) -> Mapping[str, str]:
    return {row.key: row.state for row in verdict.rows}


def test_a_feed_begins_with_its_newest() -> None:
    """Not with its whole history, which somebody would have to pay for."""
    present = days(1, 2, 3, 4)

    verdict = judged(watched(present, "e4", "e3"), present)

    assert asked_for(verdict) == ["e3", "e4"]
    assert states(verdict) == {"e1": "before", "e2": "before", "e3": "due", "e4": "due"}


def test_an_archive_that_is_shown_later_is_of_before() -> None:
    """A host's window of ten items that becomes a hundred makes no ninety notes."""
    progress = watched(days(5, 6), "e5", "e6")

    assert asked_for(judged(progress, days(1, 2, 3, 4, 5, 6, 7))) == ["e5", "e6", "e7"]


def test_a_date_that_no_podcast_can_have_does_not_make_an_episode_old() -> None:
    """A clock that was never set says 1970; the episode is new all the same."""
    progress = watched(days(5, 6), "e5", "e6")
    unset = sketch(7, published=datetime(1970, 1, 1, tzinfo=UTC))

    assert "e7" in asked_for(judged(progress, holds(unset, sketch(6), sketch(5))))


def test_without_dates_the_episodes_of_before_are_known_by_name() -> None:
    """The first look remembers them."""
    old, new = (sketch(number, published=None) for number in (1, 2))
    progress = watched(holds(new, old), "e2")

    newer = sketch(3, published=None)
    assert asked_for(judged(progress, holds(newer, new, old))) == ["e2", "e3"]


def test_the_oldest_are_asked_for_first_and_the_rest_stays_due() -> None:
    """A feed sheds its oldest first. The next tick asks for the rest, while the first run is at work."""
    present = days(1, 2, 3)
    progress, first = judge(watched(present), present, Runs(), at_most=2, now=NOON)
    assert asked_for(first) == ["e1", "e2"]
    assert first.request is not None

    runs = Runs(working=frozenset({"e1", "e2"}), requested={first.request.run_key: "unfinished"})
    _, second = judge(settle(progress, runs), present, runs, at_most=2, now=NOON)
    assert asked_for(second) == ["e3"]
    assert states(second) == {"e1": "in a run", "e2": "in a run", "e3": "due"}


def test_what_the_feed_has_shed_is_due_all_the_same() -> None:
    """Once it was due it stays so, until there is a note or nobody tries any more."""
    progress, _ = judge(watched(days(1, 2)), days(1, 2), Runs(), at_most=1, now=NOON)

    later = settle(progress, Runs(requested={request.run_key: "missing" for request in progress.requests}))
    assert asked_for(judged(later, days(3))) == ["e1", "e2", "e3"]


def test_an_old_episode_that_was_tried_by_hand_in_vain_stays_one_of_before() -> None:
    """Whoever tries out an episode of the archive does not subscribe to it."""
    by_hand = watched(days(1, 2), "e2").after_run(
        manifest("run-1", failed_keys=["e1", "e2"]), [], by_hand=True, run_id="run-1", now=NOON
    )

    assert states(judged(by_hand, days(1, 2))) == {"e1": "before", "e2": "due"}


def test_a_date_that_is_put_right_makes_no_episode_old() -> None:
    """It was due once, and stays so."""
    progress, _ = judge(watched(days(5, 6), "e5", "e6"), days(5, 6), Runs(), at_most=0, now=NOON)
    corrected = holds(sketch(6), sketch(5, published=datetime(2023, 4, 5, tzinfo=UTC)))

    assert states(judged(progress, corrected)) == {"e5": "due", "e6": "due"}


def test_what_has_its_note_is_not_due() -> None:
    """Whoever made it, and also where its run failed afterwards."""
    progress = watched(days(1, 2)).with_episodes({"e1": noted()})

    verdict = judged(progress, days(1, 2))
    assert (asked_for(verdict), states(verdict)["e1"]) == (["e2"], "done")


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        ((), (), "without transcript"),
        ((), ("https://example.com/1.vtt",), "due"),  # newly offered
        (("https://example.com/1.vtt",), ("https://example.com/1.vtt",), "without transcript"),
        (("https://example.com/1.vtt",), ("https://example.com/1.srt",), "due"),
    ],
)
def test_a_note_without_a_transcript_is_due_when_one_is_offered(
    before: tuple[str, ...], now: tuple[str, ...], state: str
) -> None:
    """Newly: one that was offered before, and was none, is not tried for ever."""
    present = holds(sketch(1, offers=now))
    progress = watched(present).with_episodes({"e1": noted(None, offers=before)})

    assert states(judged(progress, present)) == {"e1": state}


def test_a_run_by_hand_that_says_on_what_it_works() -> None:
    """Its episodes are left to it; the others are asked for."""
    verdict = judged(watched(days(1, 2)), days(1, 2), Runs(working=frozenset({"e1"})))

    assert (asked_for(verdict), states(verdict)["e1"]) == (["e2"], "in a run")


def test_a_run_that_does_not_say_yet_on_what_it_works_is_waited_for() -> None:
    """Whatever was asked for now might be asked for twice. It stays due."""
    progress, verdict = judge(watched(days(1)), days(1), Runs(unknown=1), at_most=5, now=NOON)
    assert (verdict.request, verdict.unknown_runs) == (None, 1)

    assert asked_for(judged(progress, days(1))) == ["e1"]


@pytest.mark.parametrize("times", range(1, MOST_FAILURES))
def test_what_has_failed_is_due_again_after_a_delay(times: int) -> None:
    """Longer each time: what is wrong for an hour is often wrong for a day."""
    progress, until = watched(days(1)).with_episodes({"e1": failed(times)}), NOON + DELAYS[times - 1]

    early = judged(progress, days(1), now=until - timedelta(seconds=1))
    assert [(row.state, row.until) for row in early.rows] == [("waiting", until)]
    assert asked_for(judged(progress, days(1), now=until)) == ["e1"]


def test_what_has_failed_too_often_is_given_up() -> None:
    """It would be asked for until the end of days. Shown as such; a run by hand may still note it."""
    progress = watched(days(1)).with_episodes({"e1": failed(MOST_FAILURES)})
    verdict = judged(progress, days(1), now=NOON + timedelta(days=365))
    assert (verdict.request, states(verdict)) == (None, {"e1": "given up"})

    by_hand = progress.after_run(
        manifest("run-9", noted_keys=["e1"]), [], by_hand=True, run_id="run-9", now=NOON + HOUR
    )
    assert states(judged(by_hand, days(1))) == {"e1": "done"}


def test_a_failure_by_hand_does_not_count() -> None:
    """Somebody who tries something out five times has not made the sensor give up; and what was given up stays so."""
    progress = watched(days(1, 2)).with_episodes({"e2": failed(MOST_FAILURES)})
    for number in range(9):
        run_id = f"run-{number}"
        progress = progress.after_run(
            manifest(run_id, failed_keys=["e1", "e2"]), [], by_hand=True, run_id=run_id, now=NOON
        )

    assert states(judged(progress, days(1, 2))) == {"e1": "due", "e2": "given up"}


def test_what_the_budget_left_over_is_tried_every_hour_and_never_given_up() -> None:
    """Nothing is wrong with the episode: it is next when there is money again."""
    progress = watched(days(1))
    failure = Failure(key="e1", title="e1", asset="extraction", error="budget: …", todo="raise it", reason="budget")
    for number in range(MOST_FAILURES + 1):
        run_id = f"run-{number}"
        of_run = Manifest(asset="notes", feed="rivers", run_id=run_id, show="Rivers", failures=(failure,))
        progress = progress.after_run(of_run, [], by_hand=False, run_id=run_id, now=NOON + number * HOUR)

    last = NOON + MOST_FAILURES * HOUR
    assert states(judged(progress, days(1), now=last + HOUR / 2)) == {"e1": "waiting"}
    assert asked_for(judged(progress, days(1), now=last + HOUR)) == ["e1"]


def manifest(run_id: str, *, noted_keys: Sequence[str] = (), failed_keys: Sequence[str] = ()) -> Manifest:
    """What `notes` made of a run."""
    records = tuple(record(key=key, note=f"{key}.md", source="publisher") for key in noted_keys)
    failures = tuple(Failure(key=key, title=key, asset="transcript", error="no", todo="wait") for key in failed_keys)
    return Manifest(asset="notes", feed="rivers", run_id=run_id, show="Rivers", records=records, failures=failures)


def requested(progress: Progress, present: Present, *, now: datetime = NOON) -> tuple[Progress, Request]:
    progress, verdict = judge(progress, present, Runs(), at_most=5, now=now)
    assert verdict.request is not None
    return progress, verdict.request


def test_a_run_that_never_came_about_is_asked_for_by_the_same_key() -> None:
    """The daemon went down in between: nothing is counted; and was it begun after all, Dagster knows its key."""
    progress, request = requested(watched(days(1)), days(1))

    progress, again = requested(settle(progress, Runs(requested={request.run_key: "missing"})), days(1))
    assert again == request


def test_a_run_that_ended_before_it_came_to_an_episode_has_failed() -> None:
    """Killed, or failed in `feed`: no word of the episode. It is tried again, by another key, after a delay."""
    progress, request = requested(watched(days(1)), days(1))
    runs = Runs(requested={request.run_key: Ended("run-7", NOON + HOUR)})

    progress = settle(progress, runs)
    one = progress.episodes["e1"]
    assert (one.failures, one.asked, progress.requests) == (1, 1, ())
    assert one.setback is not None
    assert one.setback.error == "the run run-7 ended before it came to this episode"
    assert states(judged(progress, days(1), now=NOON + HOUR)) == {"e1": "waiting"}

    _, again = requested(progress, days(1), now=NOON + HOUR + DELAYS[0])
    assert again.run_key != request.run_key
    assert again.attempts == {"e1": 2}
    assert again.run_key.endswith("-attempt-2")


def test_a_run_that_said_why_is_counted_once() -> None:
    """Its own words are kept, not ours about it."""
    progress, request = requested(watched(days(1)), days(1))
    progress = progress.after_run(manifest("run-7", failed_keys=["e1"]), [], by_hand=False, run_id="run-7", now=NOON)
    progress = settle(progress, Runs(requested={request.run_key: Ended("run-7", NOON)}))

    one = progress.episodes["e1"]
    assert one.setback is not None
    assert (one.failures, one.asked, one.setback.error) == (1, 1, "no")


def test_a_run_by_hand_after_the_sensors_own_does_not_make_it_fail() -> None:
    """Both have noted the episode, and the later one is remembered: nothing has failed."""
    progress, request = requested(watched(days(1)), days(1))
    for run_id, by_hand, at in (("run-7", False, NOON + HOUR), ("run-8", True, NOON + 2 * HOUR)):
        done = manifest(run_id, noted_keys=["e1"])
        progress = progress.after_run(done, [], by_hand=by_hand, run_id=run_id, now=at)
    progress = settle(progress, Runs(requested={request.run_key: Ended("run-7", NOON + HOUR)}))

    one = progress.episodes["e1"]
    assert (one.failures, one.asked, one.setback) == (0, 1, None)


def test_a_transcript_offered_later_makes_another_run_key() -> None:
    """The episode was asked for before: Dagster would not run the same key again."""
    without = holds(sketch(1))
    progress, request = requested(watched(without), without)
    said = record(key="e1", note="e1.md", source=None)
    done = Manifest(asset="notes", feed="rivers", run_id="run-7", show="Rivers", records=(said,))
    progress = progress.after_run(done, [], by_hand=False, run_id="run-7", now=NOON)
    progress = settle(progress, Runs(requested={request.run_key: Ended("run-7", NOON)}))

    _, again = requested(progress, holds(sketch(1, offers=("https://example.com/1.vtt",))))
    assert again.run_key != request.run_key


def test_lost_progress_makes_other_run_keys() -> None:
    """Dagster's history is still there: a key in it would be passed over without a word, and the episode lost."""
    first = requested(begun(Progress(), days(1), newest=["e1"], now=NOON), days(1))[1]
    second = requested(begun(Progress(), days(1), newest=["e1"], now=NOON), days(1))[1]

    assert first.run_key != second.run_key


def test_a_feed_that_was_never_read_has_nothing_due() -> None:
    """Its watching begins with the first body."""
    assert judged(Progress(), None) == Verdict(rows=())


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """What happens between two ticks: an episode appears, the feed shows so many, runs end in one of several ways."""
    ends = st.sampled_from(["noted", "failed", "silent", "missing", "unfinished", "by hand"])
    return draw(st.lists(st.tuples(ends, st.integers(0, 3), st.integers(1, 6)), min_size=1, max_size=25))


@given(histories())
def test_whatever_happens_each_episode_is_noted_once_or_given_up(history: list[tuple[str, int, int]]) -> None:
    """Ticks at which new episodes come and old ones leave the feed, runs that succeed, fail, die, or never begin."""
    now, latest, shown, number = NOON, 1, [1], 0
    progress, notes = watched(days(1)), list[str]()
    open_runs, run_keys = dict[str, list[str]](), set[str]()
    for end, new, window in [*history, *[("noted", 0, 6)] * 40]:
        now += timedelta(days=2)  # longer than any delay
        shown = ([*shown, *range(latest + 1, min(latest + new, 28) + 1)])[-window:] if new else shown[-window:]
        latest = min(latest + new, 28)
        ended: dict[str, Any] = {}
        for key, keys in list(open_runs.items()):
            number += 1
            run_id = f"run-{number}"
            ended[key] = end if end in ("missing", "unfinished") else Ended(run_id, now)
            by_hand = end == "by hand"
            if end in ("noted", "by hand"):
                notes += [one for one in keys if one not in notes]
                done = manifest(run_id, noted_keys=keys)
                progress = progress.after_run(done, [], by_hand=by_hand, run_id=run_id, now=now)
            if end == "failed":
                done = manifest(run_id, failed_keys=keys)
                progress = progress.after_run(done, [], by_hand=False, run_id=run_id, now=now)
            if end == "missing":
                run_keys.discard(key)
            if end != "unfinished":
                del open_runs[key]
        runs = Runs(requested=ended)
        progress, verdict = judge(settle(progress, runs), days(*shown), runs, at_most=3, now=now)
        if verdict.request is not None:
            assert not set(verdict.request.attempts) & set(notes), "asked for once more"
            assert not {key for keys in open_runs.values() for key in keys} & set(verdict.request.attempts)
            assert verdict.request.run_key not in run_keys
            run_keys.add(verdict.request.run_key)
            open_runs[verdict.request.run_key] = list(verdict.request.attempts)
    assert not open_runs
    given_up = {key for key, one in progress.episodes.items() if one.is_given_up}
    assert set(notes) | given_up == set(progress.episodes)
    assert Progress.model_validate_json(progress.model_dump_json()) == progress
