-- Grain: one row per computable year x cohort x cost basis x published cell, zeros included.
-- Persons and euros of what is published. cost_variance: that of the sum of euros, given who the members are:
-- squared distances to the mean of their sex and age band, over (persons - groups), times persons (clinical method: sum of n x s2 by group;
-- one divisor for all groups, so that a group of one person does not vanish).
WITH computable AS (
    SELECT year, 'stock' AS cohort FROM reporting_year WHERE is_stock
    UNION ALL
    SELECT year, 'flow' AS cohort FROM flow_year
),

series AS (
    SELECT computable.year, computable.cohort, basis.cost_basis
    FROM computable
    INNER JOIN (VALUES ('stock', 'none'), ('stock', 'billed_br'), ('stock', 'standard'), ('flow', 'billed_br'), ('flow', 'standard'))
        AS basis (cohort, cost_basis)
        ON computable.cohort = basis.cohort
),

spread AS (
    SELECT
        year, condition, cohort, cost_basis, territory_id, stratum, sex, age_band, persons, cost_eur, cost_square, largest_eur,
        -- decimal again, so that the sum below does not depend on its order
        CAST(CAST(cost_square AS DOUBLE) - CAST(cost_eur AS DOUBLE) * CAST(cost_eur AS DOUBLE) / NULLIF(persons, 0) AS DECIMAL(38, 2)) AS residual
    FROM cohort_cell
),

total AS (
    SELECT
        year,
        condition,
        cohort,
        cost_basis,
        territory_id,
        stratum,
        CASE WHEN grouping(sex) = 1 THEN 'all' ELSE sex END AS sex,
        CASE WHEN grouping(age_band) = 1 THEN 'all' ELSE age_band END AS age_band,
        sum(persons) AS persons,
        count(*) AS groups_of_persons,
        sum(cost_eur) AS cost_eur,
        sum(cost_square) AS cost_square,
        max(largest_eur) AS largest_eur,
        sum(residual) AS residual
    FROM spread
    GROUP BY GROUPING SETS (
        (year, condition, cohort, cost_basis, territory_id, stratum),
        (year, condition, cohort, cost_basis, territory_id, stratum, sex),
        (year, condition, cohort, cost_basis, territory_id, stratum, age_band)
    )
),

cell AS (
    SELECT DISTINCT condition, territory_id, stratum, sex, age_band FROM published_cell
)

SELECT
    series.year,
    cell.condition,
    cell.territory_id,
    cell.stratum,
    cell.sex,
    cell.age_band,
    series.cohort,
    series.cost_basis,
    CAST(coalesce(total.persons, 0) AS BIGINT) AS persons,
    CASE WHEN series.cost_basis <> 'none' THEN CAST(coalesce(total.cost_eur, 0) AS DOUBLE) END AS cost_eur,
    CASE WHEN series.cost_basis <> 'none' THEN CAST(coalesce(total.cost_square, 0) AS DOUBLE) END AS cost_square,
    CASE WHEN series.cost_basis <> 'none' THEN CAST(coalesce(total.largest_eur, 0) AS DOUBLE) END AS largest_eur,
    CASE
        WHEN total.persons > total.groups_of_persons
            THEN CAST(total.persons AS DOUBLE) * CAST(total.residual AS DOUBLE) / NULLIF(total.persons - total.groups_of_persons, 0)
    END AS cost_variance
FROM series
CROSS JOIN cell
LEFT JOIN total
    ON series.year = total.year AND series.cohort = total.cohort AND series.cost_basis = total.cost_basis
    AND cell.condition = total.condition AND cell.territory_id = total.territory_id
    AND cell.stratum = total.stratum AND cell.sex = total.sex AND cell.age_band = total.age_band
