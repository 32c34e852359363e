-- Grain: one row per computable year of movement x published cell by stratum or level of risk.
-- Members of the eve found in stratum 4 at the end of the year.
SELECT
    year,
    condition,
    territory_id,
    stratum,
    'all' AS sex,
    'all' AS age_band,
    'flow' AS cohort,
    'none' AS cost_basis,
    members AS persons,
    persons AS numerator_persons,
    CAST(persons AS DOUBLE) AS numerator,
    CAST(members AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM transition_total
WHERE outcome = 'to_4'
