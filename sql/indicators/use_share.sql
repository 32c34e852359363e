-- Grain: one row per computable flow year x published cell x measure of hospital use.
-- Events among those of their base (urgent among stays): persons are those with an event of the base.
-- The variance of events given those of the base: sum by person of (events - share x base)^2; where the share is 0 or 1, as if each person
-- had one kind only.
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
    use_total.base_holders AS persons,
    use_total.holders AS numerator_persons,
    use_total.rest_holders AS rest_persons,
    use_total.events AS numerator,
    use_total.base_events AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CASE
        WHEN use_total.events > 0 AND use_total.events < use_total.base_events
            THEN use_total.events_square - 2 * use_total.product * use_total.events / NULLIF(use_total.base_events, 0)
                + use_total.base_square * use_total.events * use_total.events / NULLIF(use_total.base_events * use_total.base_events, 0)
        ELSE use_total.base_square / NULLIF(use_total.base_events, 0)
    END AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
WHERE use_total.base IS NOT NULL
