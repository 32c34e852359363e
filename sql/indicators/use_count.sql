-- Grain: one row per computable flow year x published cell x measure of hospital use.
-- Persons behind a part of the stays are those of the stays: withheld with them.
-- How many events the members had in the year. Who is a member varies too: the variance is the sum of squares by person.
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
    CAST(NULL AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    use_total.events_square AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
