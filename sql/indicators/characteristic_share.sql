-- Grain: one row per computable year x published cell of the diseased x characteristic, zeros included.
-- Of the persons found, those who have the characteristic. By sex and age, the cells of persons say it already.
WITH total AS (
    SELECT year, condition, territory_id, stratum, measure, sum(holders) AS holders
    FROM characteristic_cell
    GROUP BY year, condition, territory_id, stratum, measure
),

counted AS (
    SELECT
        cohort_total.year,
        cohort_total.condition,
        cohort_total.territory_id,
        cohort_total.stratum,
        declared_characteristic.measure,
        cohort_total.persons,
        CAST(coalesce(total.holders, 0) AS BIGINT) AS holders
    FROM cohort_total
    INNER JOIN declared_characteristic ON cohort_total.condition = declared_characteristic.condition
    LEFT JOIN total
        ON cohort_total.year = total.year AND cohort_total.condition = total.condition AND cohort_total.territory_id = total.territory_id
        AND cohort_total.stratum = total.stratum AND declared_characteristic.measure = total.measure
    WHERE
        cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none' AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
        AND cohort_total.stratum IN ('1', '2', '3', '4', 'all')
)

SELECT
    year,
    condition,
    territory_id,
    stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    measure,
    CAST(NULL AS VARCHAR) AS base,
    CAST(NULL AS VARCHAR) AS rest,
    persons,
    holders AS numerator_persons,
    CAST(NULL AS BIGINT) AS rest_persons,
    CAST(holders AS DOUBLE) AS numerator,
    CAST(persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM counted
