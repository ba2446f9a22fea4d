"""The pool in which Dagster counts the runs that may ask a model: the limit of all runs together.

Belongs here: its name, and that its limit is known in time. Does not: which runs are in it (`resources.py`), how many
go at once (`dagster.yaml`), what one run may do (`concurrency: {llm}` in the config).
"""

import dagster as dg

__all__ = ["MODELS", "make_limit_known"]

MODELS = "inkwell_models"


def make_limit_known(instance: dg.DagsterInstance) -> None:
    """Gives the pool the `default_limit` of the instance's dagster.yaml, where it has none yet. Blocks, for one query.

    Dagster's daemon does so itself, but goes by what it has read before: of the first runs that wait together it starts
    as many as there is room for. A limit that somebody has set in the UI stays.
    """
    storage = instance.event_log_storage
    if instance.global_op_concurrency_default_limit is None or not storage.supports_global_concurrency_limits:
        return
    if MODELS not in {limit.name for limit in storage.get_pool_limits()}:
        storage.initialize_concurrency_limit_to_default(MODELS)
