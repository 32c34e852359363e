-- Grain: one row per computable flow year x published cell x measure x cost basis, zeros included.
-- Euros of the stays of what is published: all of them, or those for the condition. NULL nowhere: nobody spent nothing.
WITH total AS (
    SELECT
        year,
        condition,
        territory_id,
        stratum,
        measure,
        cost_basis,
        CASE WHEN grouping(sex) = 1 THEN 'all' ELSE sex END AS sex,
        CASE WHEN grouping(age_band) = 1 THEN 'all' ELSE age_band END AS age_band,
        sum(holders) AS holders,
        sum(stays) AS stays,
        sum(stays_square) AS stays_square,
        sum(cost_eur) AS cost_eur,
        sum(cost_square) AS cost_square,
        sum(product) AS product,
        max(largest_eur) AS largest_eur
    FROM cohort_stay_cost
    GROUP BY GROUPING SETS (
        (year, condition, territory_id, stratum, measure, cost_basis),
        (year, condition, territory_id, stratum, measure, cost_basis, sex),
        (year, condition, territory_id, stratum, measure, cost_basis, age_band)
    )
),

cell AS (
    SELECT DISTINCT condition, territory_id, stratum, sex, age_band FROM published_cell
)

SELECT
    flow_year.year,
    cell.condition,
    cell.territory_id,
    cell.stratum,
    cell.sex,
    cell.age_band,
    declared_measure.measure,
    basis.cost_basis,
    CAST(coalesce(total.holders, 0) AS BIGINT) AS holders,
    CAST(coalesce(total.stays, 0) AS DOUBLE) AS stays,
    CAST(coalesce(total.stays_square, 0) AS DOUBLE) AS stays_square,
    CAST(coalesce(total.cost_eur, 0) AS DOUBLE) AS cost_eur,
    CAST(coalesce(total.cost_square, 0) AS DOUBLE) AS cost_square,
    CAST(coalesce(total.product, 0) AS DOUBLE) AS product,
    CAST(coalesce(total.largest_eur, 0) AS DOUBLE) AS largest_eur
FROM flow_year
CROSS JOIN cell
INNER JOIN declared_measure ON cell.condition = declared_measure.condition AND declared_measure.measure IN ('stays', 'condition_stays')
CROSS JOIN (VALUES ('billed_br'), ('standard')) AS basis (cost_basis)
LEFT JOIN total
    ON flow_year.year = total.year AND cell.condition = total.condition AND cell.territory_id = total.territory_id
    AND cell.stratum = total.stratum AND cell.sex = total.sex AND cell.age_band = total.age_band
    AND declared_measure.measure = total.measure AND basis.cost_basis = total.cost_basis
