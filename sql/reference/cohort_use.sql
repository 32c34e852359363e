-- Grain: one row per flow year x condition x place (ALL and groups included) x stratum ('all' included) x sex x age band x measure where somebody is.
-- Hospital use in the shape of cohort_cell: what the reference is made from and the indicators are added up from.
WITH placed AS (
    SELECT
        use_cell.year, use_cell.condition, place_part.place_id AS territory_id, use_cell.stratum, use_cell.sex, use_cell.age_band,
        use_cell.measure, use_cell.persons, use_cell.holders, use_cell.rest_holders, use_cell.base_holders, use_cell.events,
        use_cell.events_square, use_cell.base_events, use_cell.base_square, use_cell.product
    FROM use_cell
    INNER JOIN place_part ON use_cell.territory_id = place_part.territory_id
),

levelled AS (
    SELECT
        year, condition, territory_id, stratum, sex, age_band, measure, persons, holders, rest_holders, base_holders,
        events, events_square, base_events, base_square, product
    FROM placed
    UNION ALL
    SELECT
        year, condition, territory_id, 'all' AS stratum, sex, age_band, measure, persons, holders, rest_holders, base_holders,
        events, events_square, base_events, base_square, product
    FROM placed
    WHERE stratum IN ('1', '2', '3', '4')
)

SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    measure,
    CAST(sum(persons) AS BIGINT) AS persons,
    CAST(sum(holders) AS BIGINT) AS holders,
    CAST(sum(rest_holders) AS BIGINT) AS rest_holders,
    CAST(sum(base_holders) AS BIGINT) AS base_holders,
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(events_square) AS BIGINT) AS events_square,
    CAST(sum(base_events) AS BIGINT) AS base_events,
    CAST(sum(base_square) AS BIGINT) AS base_square,
    CAST(sum(product) AS BIGINT) AS product
FROM levelled
GROUP BY year, condition, territory_id, stratum, sex, age_band, measure
