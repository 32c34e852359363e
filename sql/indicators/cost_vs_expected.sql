-- Grain: one row per computable year x published cell x cost basis.
-- Euros of the members against what they would cost at the national mean of their sex and age. Denominator: the members.
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
    expected_member.expected,
    cohort_total.cost_variance AS variance,
    reference_total.mean AS reference_value
FROM cohort_total
LEFT JOIN expected_member
    ON cohort_total.year = expected_member.year AND cohort_total.condition = expected_member.condition
    AND cohort_total.cohort = expected_member.cohort AND cohort_total.cost_basis = expected_member.cost_basis
    AND cohort_total.stratum = expected_member.stratum AND cohort_total.territory_id = expected_member.territory_id
    AND cohort_total.sex = expected_member.sex AND cohort_total.age_band = 'all'
LEFT JOIN reference_total
    ON cohort_total.year = reference_total.year AND cohort_total.condition = reference_total.condition
    AND cohort_total.cohort = reference_total.cohort AND cohort_total.cost_basis = reference_total.cost_basis
    AND cohort_total.stratum = reference_total.stratum AND reference_total.per = 'member'
    AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
WHERE cohort_total.cohort = 'flow'
