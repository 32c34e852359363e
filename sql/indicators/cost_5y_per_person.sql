-- Grain: one row per computable year x published cell x cost basis.
-- Euros of the look-back per person alive at its end. Partly circular: what was spent also decides the stratum.
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
    cohort_total.cost_eur AS numerator,
    CAST(cohort_total.persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    cohort_total.cost_variance AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis <> 'none'
