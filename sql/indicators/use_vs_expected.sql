-- Grain: one row per computable flow year x published cell x measure of hospital use.
-- Events of the members against those expected from the residents' sex and age at national events per resident. Population-based: finding
-- more persons brings more of their stays. The variance is the sum of squares by person.
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
    population_total.population AS denominator,
    expected_resident.expected,
    use_total.events_square AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
LEFT JOIN population_total
    ON use_total.year = population_total.year AND use_total.territory_id = population_total.territory_id
    AND use_total.sex = population_total.sex AND population_total.age_band = use_total.age_band
LEFT JOIN expected_resident
    ON use_total.year = expected_resident.year AND use_total.condition = expected_resident.condition
    AND expected_resident.cohort = 'flow' AND expected_resident.cost_basis = 'none' AND use_total.measure = expected_resident.measure
    AND use_total.stratum = expected_resident.stratum AND use_total.territory_id = expected_resident.territory_id
    AND use_total.sex = expected_resident.sex AND use_total.age_band = 'all'
