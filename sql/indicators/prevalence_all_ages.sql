-- Grain: one row per computable year x published cell.
-- Persons found per resident of any age: the form of published tables. Age bands have no such denominator and are left out.
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
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
LEFT JOIN population_total
    ON cohort_total.year = population_total.year AND cohort_total.territory_id = population_total.territory_id
    AND cohort_total.sex = population_total.sex AND population_total.age_band = 'all_ages'
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none' AND cohort_total.age_band = 'all'
