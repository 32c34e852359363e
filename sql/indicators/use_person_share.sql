-- Grain: one row per computable flow year x published cell x measure of hospital use.
-- Members who had at least one event in the year, among the members of its eve.
SELECT
    use_total.year,
    use_total.condition,
    use_total.territory_id,
    use_total.stratum,
    use_total.sex,
    use_total.age_band,
    'flow' AS cohort,
    'none' AS cost_basis,
    use_total.measure,
    CAST(NULL AS VARCHAR) AS base,
    CAST(NULL AS VARCHAR) AS rest,
    use_total.persons AS persons,
    use_total.holders AS numerator_persons,
    CAST(NULL AS BIGINT) AS rest_persons,
    CAST(use_total.holders AS DOUBLE) AS numerator,
    CAST(use_total.persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
