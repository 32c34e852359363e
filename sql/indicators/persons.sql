-- Grain: one row per computable year x published cell.
-- Persons found with the condition, or at risk of it, alive at the index date.
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
    CAST(NULL AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none'
