-- Grain: one row per year x condition x cohort x cost basis x measure x per ('resident' | 'member') x stratum x sex x age band, zeros included.
-- Every cell a national reference should have, and what the whole extract counts in it. Whole years only.
-- measure: 'persons', 'cost', or one of hospital use. numerator: persons, euros or events; denominator: adult residents (NULL when not known) or members of the cohort (of any
-- stratum for persons: what share of them a stratum is). holders: whom the numerator is of, where they are not all the persons.
-- largest_eur: the euros of the dearest person, which must not be most of a cell that is told.
WITH whole_year AS (
    SELECT year, 'stock' AS cohort FROM reporting_year WHERE is_stock AND index_date = make_date(year, 12, 31)
    UNION ALL
    SELECT year, 'flow' AS cohort FROM flow_year
),

series AS (
    SELECT whole_year.year, whole_year.cohort, basis.cost_basis, basis.per
    FROM whole_year
    INNER JOIN (VALUES
        ('stock', 'none', 'resident'), ('stock', 'none', 'member'),
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
        coalesce(whole.persons, 0) AS persons_of_all,
        coalesce(CAST(cohort_cell.cost_eur AS DOUBLE), 0) AS cost_eur,
        coalesce(CAST(cohort_cell.cost_square AS DOUBLE), 0) AS cost_square,
        coalesce(CAST(cohort_cell.largest_eur AS DOUBLE), 0) AS largest_eur
    FROM series
    CROSS JOIN definition
    INNER JOIN level ON series.cohort = level.cohort
    CROSS JOIN (VALUES ('F'), ('M')) AS sex (sex)
    CROSS JOIN age_band
    LEFT JOIN cohort_cell
        ON cohort_cell.territory_id = 'ALL' AND series.year = cohort_cell.year AND series.cohort = cohort_cell.cohort
        AND series.cost_basis = cohort_cell.cost_basis AND definition.condition = cohort_cell.condition
        AND level.stratum = cohort_cell.stratum AND sex.sex = cohort_cell.sex AND age_band.age_band = cohort_cell.age_band
    LEFT JOIN cohort_cell AS whole
        ON whole.territory_id = 'ALL' AND whole.stratum = 'all' AND series.year = whole.year AND series.cohort = whole.cohort
        AND series.cost_basis = whole.cost_basis AND definition.condition = whole.condition
        AND sex.sex = whole.sex AND age_band.age_band = whole.age_band
    WHERE NOT (series.cost_basis = 'none' AND series.per = 'member' AND level.stratum IN ('at_risk_strict', 'at_risk_extended'))
),

used AS (
    SELECT
        flow_year.year, declared_measure.condition, declared_measure.measure, per.per, level.stratum, sex.sex, age_band.age_band,
        coalesce(cohort_use.persons, 0) AS persons,
        coalesce(cohort_use.holders, 0) AS holders,
        coalesce(CAST(cohort_use.events AS DOUBLE), 0) AS events,
        coalesce(CAST(cohort_use.events_square AS DOUBLE), 0) AS events_square
    FROM flow_year
    CROSS JOIN declared_measure
    CROSS JOIN (VALUES ('resident'), ('member')) AS per (per)
    INNER JOIN level ON level.cohort = 'flow'
    CROSS JOIN (VALUES ('F'), ('M')) AS sex (sex)
    CROSS JOIN age_band
    LEFT JOIN cohort_use
        ON cohort_use.territory_id = 'ALL' AND flow_year.year = cohort_use.year AND declared_measure.condition = cohort_use.condition
        AND declared_measure.measure = cohort_use.measure AND level.stratum = cohort_use.stratum
        AND sex.sex = cohort_use.sex AND age_band.age_band = cohort_use.age_band
    WHERE declared_measure.measure IN ('stays', 'ambulatory_stays', 'overnight_stays', 'hpe_stays', 'condition_stays', 'amputations')
)

SELECT
    cell.year,
    cell.condition,
    cell.cohort,
    cell.cost_basis,
    CASE cell.cost_basis WHEN 'none' THEN 'persons' ELSE 'cost' END AS measure,
    cell.per,
    cell.stratum,
    cell.sex,
    cell.age_band,
    cell.persons,
    cell.persons AS holders,
    CASE
        WHEN cell.per = 'resident' THEN population_total.population
        WHEN cell.cost_basis = 'none' THEN CAST(cell.persons_of_all AS DOUBLE)
        ELSE CAST(cell.persons AS DOUBLE)
    END AS denominator,
    CASE cell.cost_basis WHEN 'none' THEN CAST(cell.persons AS DOUBLE) ELSE cell.cost_eur END AS numerator,
    cell.cost_square,
    cell.largest_eur
FROM cell
LEFT JOIN population_total
    ON population_total.territory_id = 'ALL' AND cell.year = population_total.year
    AND cell.sex = population_total.sex AND cell.age_band = population_total.age_band
UNION ALL
SELECT
    used.year,
    used.condition,
    'flow' AS cohort,
    'none' AS cost_basis,
    used.measure,
    used.per,
    used.stratum,
    used.sex,
    used.age_band,
    used.persons,
    used.holders,
    CASE used.per WHEN 'resident' THEN population_total.population ELSE CAST(used.persons AS DOUBLE) END AS denominator,
    used.events AS numerator,
    used.events_square AS cost_square,
    CAST(0 AS DOUBLE) AS largest_eur
FROM used
LEFT JOIN population_total
    ON population_total.territory_id = 'ALL' AND used.year = population_total.year
    AND used.sex = population_total.sex AND used.age_band = population_total.age_band
