-- Grain: one row per flow year x condition x place (ALL and groups included) x stratum ('all' included) x sex x age band x measure x cost basis where somebody has a stay with a value.
-- Euros of the MCO stays of the members, and of those that were for the condition. stays: those that have a value; holders: whose they are.
-- Squares and products by person: the stays of one person are not independent. largest_eur: the euros of the dearest person.
WITH spent AS (
    SELECT
        year, condition, territory_id, stratum, sex, age_band, 'stays' AS measure, 'billed_br' AS cost_basis,
        billed_stays AS stays, CAST(stays_billed_eur AS DECIMAL(18, 2)) AS cost_eur
    FROM member_use
    UNION ALL
    SELECT
        year, condition, territory_id, stratum, sex, age_band, 'stays' AS measure, 'standard' AS cost_basis,
        standard_stays AS stays, CAST(stays_standard_eur AS DECIMAL(18, 2)) AS cost_eur
    FROM member_use
    UNION ALL
    SELECT
        year, condition, territory_id, stratum, sex, age_band, 'condition_stays' AS measure, 'billed_br' AS cost_basis,
        condition_billed_stays AS stays, CAST(condition_billed_eur AS DECIMAL(18, 2)) AS cost_eur
    FROM member_use
    UNION ALL
    SELECT
        year, condition, territory_id, stratum, sex, age_band, 'condition_stays' AS measure, 'standard' AS cost_basis,
        condition_standard_stays AS stays, CAST(condition_standard_eur AS DECIMAL(18, 2)) AS cost_eur
    FROM member_use
),

cell AS (
    SELECT
        year, condition, territory_id, stratum, sex, age_band, measure, cost_basis,
        count(*) AS holders,
        sum(stays) AS stays,
        sum(stays * stays) AS stays_square,
        sum(cost_eur) AS cost_eur,
        sum(CAST(cost_eur AS DECIMAL(20, 2)) * cost_eur) AS cost_square,
        sum(cost_eur * stays) AS product,
        max(cost_eur) AS largest_eur
    FROM spent
    WHERE stays > 0
    GROUP BY year, condition, territory_id, stratum, sex, age_band, measure, cost_basis
),

placed AS (
    SELECT
        cell.year, cell.condition, place_part.place_id AS territory_id, cell.stratum, cell.sex, cell.age_band, cell.measure,
        cell.cost_basis, cell.holders, cell.stays, cell.stays_square, cell.cost_eur, cell.cost_square, cell.product, cell.largest_eur
    FROM cell
    INNER JOIN place_part ON cell.territory_id = place_part.territory_id
),

levelled AS (
    SELECT
        year, condition, territory_id, stratum, sex, age_band, measure, cost_basis,
        holders, stays, stays_square, cost_eur, cost_square, product, largest_eur
    FROM placed
    UNION ALL
    SELECT
        year, condition, territory_id, 'all' AS stratum, sex, age_band, measure, cost_basis,
        holders, stays, stays_square, cost_eur, cost_square, product, largest_eur
    FROM placed
)

SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    measure,
    cost_basis,
    CAST(sum(holders) AS BIGINT) AS holders,
    CAST(sum(stays) AS BIGINT) AS stays,
    CAST(sum(stays_square) AS BIGINT) AS stays_square,
    CAST(sum(cost_eur) AS DECIMAL(18, 2)) AS cost_eur,
    CAST(sum(cost_square) AS DECIMAL(38, 4)) AS cost_square,
    CAST(sum(product) AS DECIMAL(28, 2)) AS product,
    CAST(max(largest_eur) AS DECIMAL(18, 2)) AS largest_eur
FROM levelled
GROUP BY year, condition, territory_id, stratum, sex, age_band, measure, cost_basis
