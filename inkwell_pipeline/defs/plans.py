"""How each feed's episodes are extracted: by which templates, and whom.

Belongs here: what is known before any run. Does not: a run's own extractors, which `resources.py` opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from inkwell_pipeline.defs.pool import MODELS
from inkwell_pipeline.extraction import (
    Extractor,
    ModelDesk,
    ModelExtractor,
    OfflineExtractor,
    Template,
    check_model,
    load_templates,
    model_identity,
)
from inkwell_pipeline.models import Section
from inkwell_pipeline.settings import OFFLINE, PRETEND, Settings

__all__ = ["ExtractionPlan", "check_models", "code_version", "plan_extraction", "pool"]

PAID_GRACE_S = 5.0


@dataclass(frozen=True)
class ExtractionPlan:
    """How one feed's episodes are extracted. `own`: an extractor that somebody brought, for all templates."""

    model: str
    templates: Sequence[Template]
    own: Extractor | None = None

    @property
    def models(self) -> frozenset[str]:
        """The names of all that extract, `offline` among them; none, where somebody brought an extractor."""
        return frozenset() if self.own is not None else frozenset(map(self._model_of, self.templates))

    @property
    def asks_a_model(self) -> bool:
        """Whether others than this machine's own work, and limits, are at stake."""
        if self.own is not None:
            return not isinstance(self.own, OfflineExtractor)
        return bool(self.models - {OFFLINE})

    @property
    def grace_s(self) -> float:
        """What an extraction under way gets when the run is cancelled: nothing, where it costs nothing."""
        return PAID_GRACE_S if self.asks_a_model and self.models != {PRETEND} else 0.0

    @property
    def outline(self) -> dict[str, Section]:
        """The sections that a note can have by their templates' names, in order, without items."""
        return {template.name: Section(kind=template.output, heading=template.heading) for template in self.templates}

    def identity(self, template: Template) -> str:
        """Who extracts it, as the cache's keys have it."""
        if self.own is not None:
            return self.own.identity
        model = self._model_of(template)
        return OfflineExtractor().identity if model == OFFLINE else model_identity(model)

    def extractors(self, desk: ModelDesk) -> dict[str, Extractor]:
        """Who extracts each template, by its name, in the run whose `desk` it is."""
        return {template.name: self._extractor(self._model_of(template), desk) for template in self.templates}

    def _extractor(self, model: str, desk: ModelDesk) -> Extractor:
        if self.own is not None:
            return self.own
        return OfflineExtractor() if model == OFFLINE else ModelExtractor(desk.model(model), desk)

    def _model_of(self, template: Template) -> str:
        return template.model or self.model


def plan_extraction(settings: Settings, *, extractor: Extractor | None = None) -> dict[str, ExtractionPlan]:
    """A plan for each feed, by `extractor` or by what the config names. Reads the templates. Raises: ConfigError."""
    loaded: dict[tuple[str, ...], list[Template]] = {}  # most feeds have the same, and a file takes milliseconds
    for name, feed in settings.feeds.items():
        if feed.templates not in loaded:
            named_in = f"{settings.config}: templates of the feed {name}"
            loaded[feed.templates] = load_templates(
                feed.templates, template_dir=settings.template_dir, named_in=named_in
            )
    return {
        name: ExtractionPlan(feed.model, loaded[feed.templates], extractor) for name, feed in settings.feeds.items()
    }


def check_models(plan: ExtractionPlan, environment: Mapping[str, str]) -> None:
    """Raises: ConfigError, for the first of a feed's models whose extra or key is not there. Asks nobody."""
    for model in sorted(plan.models):
        check_model(model, environment)


def code_version(plans: Mapping[str, ExtractionPlan]) -> str:
    """Changes with any template, extractor or model, so that Dagster shows what is out of date."""
    parts = [
        f"{name} {plan.identity(template)} {template.model_dump_json()}"
        for name, plan in sorted(plans.items())
        for template in plan.templates
    ]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def pool(plans: Mapping[str, ExtractionPlan]) -> str | None:
    """The pool in which Dagster counts the runs that may ask a model: `concurrency: {llm}` is a limit of each alone.

    None where nobody asks one: runs of the `offline` extractor may go side by side.
    """
    return MODELS if any(plan.asks_a_model for plan in plans.values()) else None
