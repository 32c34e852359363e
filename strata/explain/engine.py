"""The steps inside a model, as tables: what the engine counted on its way, read with its own SQL.

Belongs here: taking one CTE out of a file of sql/strata. Not here: any rule of the method, which those files hold.
"""

from functools import cache

import sqlglot
from sqlglot import exp

from strata.models import models


@cache
def step(model: str, name: str) -> str:
    """A query that gives the rows of one CTE of a model, exactly as the model computes them. KeyError when there is no such step."""
    tree = sqlglot.parse_one(models()[model].sql, read="duckdb")
    ctes = {cte.alias: cte.this.sql("duckdb") for cte in tree.find_all(exp.CTE)}
    if name not in ctes:
        raise KeyError(f"{model}.{name}")
    written = ", ".join(f"{alias} AS ({query})" for alias, query in ctes.items())
    return f"WITH {written} SELECT * FROM {name}"
