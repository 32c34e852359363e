-- Grain: one row per computable year of movement x published cell by stratum.
-- Persons of the stratum at the end of the year who were in none a year before.
SELECT
    year,
    condition,
    territory_id,
    stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    members AS persons,
    persons AS numerator_persons,
    CAST(persons AS DOUBLE) AS numerator,
    CAST(members AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM transition_total
WHERE outcome = 'entered'
