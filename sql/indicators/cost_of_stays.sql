-- Grain: one row per computable flow year x published cell x measure x cost basis.
-- Euros of the MCO stays of the members; persons are those who had one. Who had one varies too: the variance is the sum of squares by person.
SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    'flow' AS cohort,
    cost_basis,
    measure,
    concat(measure, ' ', cost_basis) AS base,
    CAST(NULL AS VARCHAR) AS rest,
    holders AS persons,
    CAST(NULL AS BIGINT) AS numerator_persons,
    CAST(NULL AS BIGINT) AS rest_persons,
    cost_eur AS numerator,
    CAST(NULL AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    cost_square AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM stay_cost_total
