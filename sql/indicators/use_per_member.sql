-- Grain: one row per computable flow year x published cell x measure of hospital use.
-- Persons behind a part of the stays are those of the stays: withheld with them.
-- Events of the year per member of its eve. The variance is that between the members.
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
    use_total.base,
    use_total.rest,
    CASE WHEN use_total.base IS NULL THEN use_total.persons ELSE use_total.base_holders END AS persons,
    use_total.holders AS numerator_persons,
    CASE WHEN use_total.rest IS NOT NULL THEN use_total.rest_holders END AS rest_persons,
    use_total.events AS numerator,
    CAST(use_total.persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    use_total.events_square - use_total.events * use_total.events / NULLIF(use_total.persons, 0) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
