-- Grain: one row per flow year x condition x place (ALL and groups included) x stratum ('all' included) x sex x age band x measure x cost basis where somebody has a stay with a value.
-- Euros of the MCO stays of the members, and of those that were for the condition. stays: those that have a value; holders: whose they are.
-- Squares and products by person: the stays of one person are not independent. largest_eur: the euros of the dearest person.
WITH spent AS (
    SELECT
        member_use.year,
        member_use.condition,
        member_use.territory_id,
        member_use.stratum,
        member_use.sex,
        member_use.age_band,
        listed.measure,
        listed.cost_basis,
        CASE concat(listed.measure, ' ', listed.cost_basis)
            WHEN 'stays billed_br' THEN member_use.billed_stays
            WHEN 'stays standard' THEN member_use.standard_stays
            WHEN 'condition_stays billed_br' THEN member_use.condition_billed_stays
            ELSE member_use.condition_standard_stays
        END AS stays,
        CAST(
            CASE concat(listed.measure, ' ', listed.cost_basis)
                WHEN 'stays billed_br' THEN member_use.stays_billed_eur
                WHEN 'stays standard' THEN member_use.stays_standard_eur
                WHEN 'condition_stays billed_br' THEN member_use.condition_billed_eur
                ELSE member_use.condition_standard_eur
            END AS DECIMAL(18, 2)
        ) AS cost_eur
    FROM member_use
    CROSS JOIN (VALUES ('stays', 'billed_br'), ('stays', 'standard'), ('condition_stays', 'billed_br'), ('condition_stays', 'standard'))
        AS listed (measure, cost_basis)
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
