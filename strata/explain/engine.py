"""The steps inside the models, as tables: what the engine counted on its way, read with its own SQL.

Belongs here: taking one CTE out of the files between definitions and strata. Not here: any rule of the method, which those files hold.
"""

from functools import cache

from strata.engine.models import models
from strata.engine.scratch import stratum_models


@cache
def step(name: str) -> str:
    """A query that gives the rows of one CTE of the engine, exactly as its file computes them. KeyError when no file has it."""
    import sqlglot  # a tenth of a second: a run that explains nobody does without
    from sqlglot import exp

    for model in stratum_models():
        ctes = {cte.alias: cte.this.sql("duckdb") for cte in sqlglot.parse_one(models()[model].sql, read="duckdb").find_all(exp.CTE)}
        if name in ctes:
            written = ", ".join(f"{alias} AS ({query})" for alias, query in ctes.items())
            return f"WITH {written} SELECT * FROM {name}"
    raise KeyError(name)
