-- Grain: one flow year x condition x cost basis that has euros.
-- Do the strata foretell what persons cost in the year that follows? The release gate of a definition (docs/explanation/validity.md):
-- sexes and age bands in which the mean cost never falls from one stratum to the next, the least ratio of two neighbouring strata, the z of
-- Jonckheere-Terpstra, the smallest and largest share of the persons in one stratum. A stratum without anybody is not foretold: where there
-- is one the cost does not rise, and there is no ratio. is_default: whether the definition is run by default, else it is a proposal. The shares
-- asked are those the definition declares, NULL where it says nothing: release_gate.toml then has them.
WITH neighbour AS (
  SELECT
    year,
    condition,
    cost_basis,
    part,
    part_value,
    persons,
    mean_eur,
    stratum,
    lag(mean_eur) OVER (PARTITION BY year, condition, cost_basis, part, part_value ORDER BY stratum) AS mean_below_eur
  FROM stratum_gradient
),

judged AS (
  SELECT
    year,
    condition,
    cost_basis,
    part,
    part_value,
    sum(persons) AS persons,
    bool_and(stratum = '1' OR coalesce(mean_eur >= mean_below_eur, FALSE)) AS is_rising,
    CASE
      WHEN count(mean_eur / NULLIF(mean_below_eur, 0)) = count(*) - 1 THEN min(mean_eur / NULLIF(mean_below_eur, 0))
    END AS least_ratio,
    min(persons) / NULLIF(CAST(sum(persons) AS DOUBLE), 0) AS smallest_share,
    max(persons) / NULLIF(CAST(sum(persons) AS DOUBLE), 0) AS largest_share
  FROM neighbour
  GROUP BY year, condition, cost_basis, part, part_value
),

-- One row of `part = 'all'`, and how many of the others rise.
gathered AS (
  SELECT
    year,
    condition,
    cost_basis,
    sum(persons) FILTER (WHERE part = 'all') AS persons,
    count(*) FILTER (WHERE part = 'sex' AND is_rising) AS sexes_rising,
    count(*) FILTER (WHERE part = 'age' AND is_rising) AS age_bands_rising,
    max(least_ratio) FILTER (WHERE part = 'all') AS least_ratio,
    max(smallest_share) FILTER (WHERE part = 'all') AS smallest_share,
    max(largest_share) FILTER (WHERE part = 'all') AS largest_share
  FROM judged
  GROUP BY year, condition, cost_basis
)

SELECT
  gathered.year,
  gathered.condition,
  definition.definition_id,
  gathered.cost_basis,
  CAST(gathered.persons AS BIGINT) AS persons,
  gathered.sexes_rising,
  gathered.age_bands_rising,
  gathered.least_ratio,
  stratum_trend.z AS trend_z,
  gathered.smallest_share,
  gathered.largest_share,
  definition.smallest_share AS smallest_share_asked,
  definition.largest_share AS largest_share_asked,
  definition.is_default
FROM gathered
INNER JOIN definition ON gathered.condition = definition.condition
LEFT JOIN stratum_trend
  ON gathered.year = stratum_trend.year
  AND gathered.condition = stratum_trend.condition
  AND gathered.cost_basis = stratum_trend.cost_basis
