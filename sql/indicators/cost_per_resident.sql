-- Grain: one row per computable year x published cell x cost basis.
-- Euros of the members per adult resident: finding more persons never lowers it. The variance is the sum of squares, as in cost_total.
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
    population_total.population AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    cohort_total.cost_square AS variance,
    reference_total.mean AS reference_value
FROM cohort_total
LEFT JOIN population_total
    ON cohort_total.year = population_total.year AND cohort_total.territory_id = population_total.territory_id
    AND cohort_total.sex = population_total.sex AND population_total.age_band = cohort_total.age_band
LEFT JOIN reference_total
    ON cohort_total.year = reference_total.year AND cohort_total.condition = reference_total.condition
    AND cohort_total.cohort = reference_total.cohort AND cohort_total.cost_basis = reference_total.cost_basis
    AND cohort_total.stratum = reference_total.stratum AND reference_total.per = 'resident'
    AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
WHERE cohort_total.cohort = 'flow'
