-- Grain: one row per computable flow year x published cell x measure x cost basis.
-- Euros of the MCO stays of the members over those stays, of the stays that have a value; persons are those who had one.
-- The variance of the euros given the stays: sum by person of (euros - mean x stays)^2.
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
    stays AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    cost_square - 2 * product * cost_eur / NULLIF(stays, 0) + stays_square * cost_eur * cost_eur / NULLIF(stays * stays, 0) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM stay_cost_total
