"""What a run may be asked for: run configs that are refused before a run exists, in one line of ours.

Belongs here: the way from a `dg.Config` to a schema that refuses what pydantic would. Does not: what may be asked for
(`assets.py`, `housekeeping.py`).
Dagster's own schema knows types and keys, and says so in the launchpad while one types. Of a field's bounds it knows
nothing: left alone, `newest: 0` starts a run, which fails in its first step with pydantic's words.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import ValidationError

from inkwell_pipeline.documents import first_mistake

__all__ = ["Checked", "estimates"]


class Checked(dg.Shape):
    """The schema of `model`, for `config_schema` of an asset or op of this name; `defaults` stand for the model's own.

    Whatever builds a plan has values checked by the model: a launch in the UI, a sensor's request, the command line,
    `dg.validate_run_config`. Raises there: DagsterInvalidConfigError, with the path and what is wrong.
    """

    def __new__(cls, *_: Any, **__: Any) -> "Checked":
        # Shape gives one instance to all that have the same fields, and never one of a subclass
        made = object.__new__(cls)
        made._initialized = False
        return made

    def __init__(self, model: type[dg.Config], *, name: str, **defaults: Any) -> None:
        self._model, self._path = model, f"ops.{name}.config"
        fields = {key: _with_default(field, defaults.get(key)) for key, field in model.to_fields_dict().items()}
        super().__init__(fields, description=model.__doc__)  # type: ignore[no-untyped-call]

    def post_process(self, value: dict[str, Any]) -> dict[str, Any]:
        """The values, as they are. The last that Dagster does with a config, in the process that knows the model."""
        try:
            self._model(**value)
        except ValidationError as error:
            keys, says = first_mistake(self._model, error)
            # not a PostProcessingError: Dagster puts a stack trace into its text
            where = ".".join((self._path, *keys))
            raise dg.DagsterInvalidConfigError(f"{where}: {says}", [], value) from None  # type: ignore[no-untyped-call]
        return value


def _with_default(field: dg.Field, value: Any) -> dg.Field:
    if value is None:
        return field
    return dg.Field(field.config_type, default_value=value, description=field.description)


def estimates(run_config: Mapping[str, Any]) -> bool:
    """Whether the run asks `extraction` for an estimate: then nobody is to be paid before it, either."""
    found: Any = run_config
    for key in ("ops", "extraction", "config", "estimate"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found is True
