-- Grain: one row per computable flow year x published cell x measure, zeros included.
-- Hospital use of what is published: events, who they are of, and their spread between persons.
WITH total AS (
    SELECT
        year,
        condition,
        territory_id,
        stratum,
        measure,
        CASE WHEN grouping(sex) = 1 THEN 'all' ELSE sex END AS sex,
        CASE WHEN grouping(age_band) = 1 THEN 'all' ELSE age_band END AS age_band,
        sum(persons) AS persons,
        sum(holders) AS holders,
        sum(rest_holders) AS rest_holders,
        sum(base_holders) AS base_holders,
        sum(events) AS events,
        sum(events_square) AS events_square,
        sum(base_events) AS base_events,
        sum(base_square) AS base_square,
        sum(product) AS product
    FROM cohort_use
    GROUP BY GROUPING SETS (
        (year, condition, territory_id, stratum, measure),
        (year, condition, territory_id, stratum, measure, sex),
        (year, condition, territory_id, stratum, measure, age_band)
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
    declared_measure.base,
    declared_measure.rest,
    CAST(coalesce(total.persons, 0) AS BIGINT) AS persons,
    CAST(coalesce(total.holders, 0) AS BIGINT) AS holders,
    CAST(coalesce(total.rest_holders, 0) AS BIGINT) AS rest_holders,
    CAST(coalesce(total.base_holders, 0) AS BIGINT) AS base_holders,
    CAST(coalesce(total.events, 0) AS DOUBLE) AS events,
    CAST(coalesce(total.events_square, 0) AS DOUBLE) AS events_square,
    CAST(coalesce(total.base_events, 0) AS DOUBLE) AS base_events,
    CAST(coalesce(total.base_square, 0) AS DOUBLE) AS base_square,
    CAST(coalesce(total.product, 0) AS DOUBLE) AS product
FROM flow_year
CROSS JOIN cell
INNER JOIN declared_measure ON cell.condition = declared_measure.condition
LEFT JOIN total
    ON flow_year.year = total.year AND cell.condition = total.condition AND cell.territory_id = total.territory_id
    AND cell.stratum = total.stratum AND cell.sex = total.sex AND cell.age_band = total.age_band
    AND declared_measure.measure = total.measure
