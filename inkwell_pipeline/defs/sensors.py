"""One sensor a feed: new episodes become notes by themselves.

Belongs here: a tick's steps, and how Dagster is told. Does not: what is due and why (`feed/`), waiting for hosts
(`watching.py`), what the history says (`history.py`).
A tick computes what is due from what is: present episodes, progress, unfinished runs. What it asks for it has written
down before. So a tick that is cut short anywhere is made good by the next one.
"""

import json
import os

import dagster as dg

from inkwell_pipeline.clock import now
from inkwell_pipeline.defs.alive import close_dead_runs
from inkwell_pipeline.defs.history import ASSETS, RUN_KEY, run_history
from inkwell_pipeline.defs.plans import ExtractionPlan, check_models
from inkwell_pipeline.defs.watching import Watch
from inkwell_pipeline.feed import Asked, Failed, why_nothing
from inkwell_pipeline.progress import Request
from inkwell_pipeline.settings import FeedSettings

__all__ = ["new_episodes_sensor", "sensor_name"]


def sensor_name(feed: str) -> str:
    """Dagster allows no `-` in it."""
    return f"{feed.replace('-', '_')}_new_episodes"


def new_episodes_sensor(feed: FeedSettings, watch: Watch, plan: ExtractionPlan) -> dg.SensorDefinition:
    """The feed's sensor: on from the start where the config watches the feed.

    Its ticks are red where a model's key or extra is missing: runs would fail of it, and episodes be given up.
    """

    @dg.sensor(
        name=sensor_name(feed.name),
        target=dg.AssetSelection.assets(*ASSETS),
        minimum_interval_seconds=max(1, round(feed.poll_minutes * 60)),
        default_status=dg.DefaultSensorStatus.RUNNING if feed.watch else dg.DefaultSensorStatus.STOPPED,
        description=f"Looks for new episodes of {feed.name}, and has their notes made: poll_minutes in the config.",
        tags={"inkwell/feed": feed.name},
    )
    def new_episodes(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        check_models(plan, os.environ)
        return tick(feed, watch, context.instance)

    return new_episodes


def tick(feed: FeedSettings, watch: Watch, instance: dg.DagsterInstance) -> dg.SensorResult:
    """One look at the feed: a run request for what is due, or why there is none.

    Raises: InkwellError, where the feed cannot be had and nothing else is due: the tick is red, with our line.
    """
    data_dir = watch.settings.data_dir
    close_dead_runs(instance, data_dir=data_dir)  # what a killed run was at is due again
    asked = watch.asked(feed)
    requested = [request.run_key for request in watch.progress(feed).requests]
    runs = run_history(instance, feed.name, requested, data_dir=data_dir, now=now())
    verdict = watch.look(feed, asked, runs)
    watch.report(feed, asked, verdict, instance)
    cursor = _cursor(asked)
    if verdict.request is not None:
        return dg.SensorResult(run_requests=[_run_request(feed, verdict.request)], cursor=cursor)
    if isinstance(asked.outcome, Failed):
        raise asked.outcome.error from None
    why = why_nothing(asked.state, asked.outcome, verdict, now=watch.clock())
    return dg.SensorResult(skip_reason=why, cursor=cursor)


def _run_request(feed: FeedSettings, request: Request) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=request.run_key,
        partition_key=feed.name,
        run_config={"ops": {"feed": {"config": {"episodes": list(request.attempts)}}}},
        tags={RUN_KEY: request.run_key},
    )


def _cursor(asked: Asked) -> str:
    """For people who look at it: nothing is computed from it."""
    state = asked.state
    said = {"asked": state.asked_at, "changed": state.changed_at}
    return json.dumps({name: f"{moment:%Y-%m-%d %H:%MZ}" for name, moment in said.items() if moment is not None})
