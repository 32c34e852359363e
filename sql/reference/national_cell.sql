-- Grain: one row per year x condition x cohort x cost basis x per ('resident' | 'member') x stratum x sex x age band, zeros included.
-- Every cell a national reference should have, and what the whole extract counts in it. Whole years only.
-- numerator: persons (cost basis 'none') or euros; denominator: adult residents (NULL when not known) or members of the cohort.
WITH whole_year AS (
    SELECT year, 'stock' AS cohort FROM reporting_year WHERE is_stock AND index_date = make_date(year, 12, 31)
    UNION ALL
    SELECT year, 'flow' AS cohort FROM flow_year
),

series AS (
    SELECT whole_year.year, whole_year.cohort, basis.cost_basis, basis.per
    FROM whole_year
    INNER JOIN (VALUES
        ('stock', 'none', 'resident'),
        ('flow', 'billed_br', 'resident'), ('flow', 'standard', 'resident'),
        ('flow', 'billed_br', 'member'), ('flow', 'standard', 'member')
    ) AS basis (cohort, cost_basis, per)
        ON whole_year.cohort = basis.cohort
),

level AS (
    SELECT cohort, stratum
    FROM (VALUES
        ('stock', '1'), ('stock', '2'), ('stock', '3'), ('stock', '4'), ('stock', 'all'),
        ('stock', 'at_risk_strict'), ('stock', 'at_risk_extended'),
        ('flow', '1'), ('flow', '2'), ('flow', '3'), ('flow', '4'), ('flow', 'all')
    ) AS listed (cohort, stratum)
),

cell AS (
    SELECT
        series.year, definition.condition, series.cohort, series.cost_basis, series.per, level.stratum, sex.sex, age_band.age_band,
        coalesce(cohort_cell.persons, 0) AS persons,
        coalesce(CAST(cohort_cell.cost_eur AS DOUBLE), 0) AS cost_eur,
        coalesce(CAST(cohort_cell.cost_square AS DOUBLE), 0) AS cost_square
    FROM series
    CROSS JOIN definition
    INNER JOIN level ON series.cohort = level.cohort
    CROSS JOIN (VALUES ('F'), ('M')) AS sex (sex)
    CROSS JOIN age_band
    LEFT JOIN cohort_cell
        ON cohort_cell.territory_id = 'ALL' AND series.year = cohort_cell.year AND series.cohort = cohort_cell.cohort
        AND series.cost_basis = cohort_cell.cost_basis AND definition.condition = cohort_cell.condition
        AND level.stratum = cohort_cell.stratum AND sex.sex = cohort_cell.sex AND age_band.age_band = cohort_cell.age_band
)

SELECT
    cell.year,
    cell.condition,
    cell.cohort,
    cell.cost_basis,
    cell.per,
    cell.stratum,
    cell.sex,
    cell.age_band,
    cell.persons,
    CASE cell.per WHEN 'resident' THEN population_total.population ELSE CAST(cell.persons AS DOUBLE) END AS denominator,
    CASE cell.cost_basis WHEN 'none' THEN CAST(cell.persons AS DOUBLE) ELSE cell.cost_eur END AS numerator,
    cell.cost_square
FROM cell
LEFT JOIN population_total
    ON population_total.territory_id = 'ALL' AND cell.year = population_total.year
    AND cell.sex = population_total.sex AND cell.age_band = population_total.age_band
