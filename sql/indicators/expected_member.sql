-- Grain: one row per year x condition x cohort x cost basis x place (ALL included) x stratum x sex (all included) where somebody is.
-- The euros the members of the place would cost if each sex and age band of them had the national mean ('all' ignores the strata).
-- NULL when a mean is missing: part of an expected cost is not the expected cost.
WITH cell AS (
    SELECT
        cohort_cell.year, cohort_cell.condition, cohort_cell.cohort, cohort_cell.cost_basis, cohort_cell.stratum,
        cohort_cell.territory_id, cohort_cell.sex,
        -- decimal, so that the sum does not depend on its order
        CAST(cohort_cell.persons * reference_cell.rate AS DECIMAL(28, 9)) AS expected
    FROM cohort_cell
    LEFT JOIN reference_cell
        ON cohort_cell.year = reference_cell.year AND cohort_cell.condition = reference_cell.condition
        AND cohort_cell.cohort = reference_cell.cohort AND cohort_cell.cost_basis = reference_cell.cost_basis
        AND cohort_cell.stratum = reference_cell.stratum AND cohort_cell.sex = reference_cell.sex
        AND cohort_cell.age_band = reference_cell.age_band AND reference_cell.per = 'member'
    WHERE cohort_cell.cost_basis <> 'none'
),

both_sexes AS (
    SELECT year, condition, cohort, cost_basis, stratum, territory_id, sex, expected FROM cell
    UNION ALL
    SELECT year, condition, cohort, cost_basis, stratum, territory_id, 'all' AS sex, expected FROM cell
)

SELECT
    year,
    condition,
    cohort,
    cost_basis,
    stratum,
    territory_id,
    sex,
    CAST(CASE WHEN count(*) = count(expected) THEN sum(expected) END AS DOUBLE) AS expected
FROM both_sexes
GROUP BY year, condition, cohort, cost_basis, stratum, territory_id, sex
