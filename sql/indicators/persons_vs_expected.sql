-- Grain: one row per computable year x published cell.
-- Persons found against those expected from the residents' sex and age at national rates. The denominator is the adult residents.
SELECT
    cohort_total.year,
    cohort_total.condition,
    cohort_total.territory_id,
    cohort_total.stratum,
    cohort_total.sex,
    cohort_total.age_band,
    cohort_total.cohort,
    cohort_total.cost_basis,
    cohort_total.persons,
    CAST(cohort_total.persons AS DOUBLE) AS numerator,
    population_total.population AS denominator,
    expected_resident.expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
LEFT JOIN population_total
    ON cohort_total.year = population_total.year AND cohort_total.territory_id = population_total.territory_id
    AND cohort_total.sex = population_total.sex AND population_total.age_band = cohort_total.age_band
LEFT JOIN expected_resident
    ON cohort_total.year = expected_resident.year AND cohort_total.condition = expected_resident.condition
    AND cohort_total.cohort = expected_resident.cohort AND cohort_total.cost_basis = expected_resident.cost_basis
    AND cohort_total.stratum = expected_resident.stratum AND cohort_total.territory_id = expected_resident.territory_id
    AND cohort_total.sex = expected_resident.sex AND cohort_total.age_band = 'all'
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none'
