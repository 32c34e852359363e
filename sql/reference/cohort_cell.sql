-- Grain: one row per year x condition x cohort x cost basis x place (ALL and groups included) x stratum ('all' included) x sex x age band where somebody is.
-- Stock and flow in one shape: what the reference is made from and the indicators are added up from. Cost basis 'none' counts persons only.
-- largest_eur: the euros of the dearest person, which disclosure control compares with the sum.
WITH measured AS (
    SELECT year, condition, 'stock' AS cohort, 'none' AS cost_basis, territory_id, stratum, sex, age_band, persons,
        NULL AS cost_eur, NULL AS cost_square, NULL AS largest_eur
    FROM stock_cell
    UNION ALL
    SELECT year, condition, 'stock' AS cohort, 'billed_br' AS cost_basis, territory_id, stratum, sex, age_band, persons,
        cost_5y_billed_eur AS cost_eur, cost_5y_billed_square AS cost_square,
        cost_5y_billed_largest_eur AS largest_eur
    FROM stock_cell
    UNION ALL
    SELECT year, condition, 'stock' AS cohort, 'standard' AS cost_basis, territory_id, stratum, sex, age_band, persons,
        cost_5y_standard_eur AS cost_eur, cost_5y_standard_square AS cost_square,
        cost_5y_standard_largest_eur AS largest_eur
    FROM stock_cell
    UNION ALL
    SELECT year, condition, 'flow' AS cohort, 'billed_br' AS cost_basis, territory_id, stratum, sex, age_band, persons,
        cost_billed_eur AS cost_eur, cost_billed_square AS cost_square,
        cost_billed_largest_eur AS largest_eur
    FROM flow_cell
    UNION ALL
    SELECT year, condition, 'flow' AS cohort, 'standard' AS cost_basis, territory_id, stratum, sex, age_band, persons,
        cost_standard_eur AS cost_eur, cost_standard_square AS cost_square,
        cost_standard_largest_eur AS largest_eur
    FROM flow_cell
),

placed AS (
    SELECT
        measured.year, measured.condition, measured.cohort, measured.cost_basis, place_part.place_id AS territory_id, measured.stratum,
        measured.sex, measured.age_band, measured.persons, measured.cost_eur, measured.cost_square, measured.largest_eur
    FROM measured
    INNER JOIN place_part ON measured.territory_id = place_part.territory_id
),

levelled AS (
    SELECT year, condition, cohort, cost_basis, territory_id, stratum, sex, age_band, persons, cost_eur, cost_square, largest_eur
    FROM placed
    UNION ALL
    SELECT year, condition, cohort, cost_basis, territory_id, 'all' AS stratum, sex, age_band, persons, cost_eur, cost_square, largest_eur
    FROM placed
    WHERE stratum IN ('1', '2', '3', '4')
)

SELECT
    year,
    condition,
    cohort,
    cost_basis,
    territory_id,
    stratum,
    sex,
    age_band,
    CAST(sum(persons) AS BIGINT) AS persons,
    CAST(sum(cost_eur) AS DECIMAL(18, 2)) AS cost_eur,
    CAST(sum(cost_square) AS DECIMAL(38, 4)) AS cost_square,
    CAST(max(largest_eur) AS DECIMAL(18, 2)) AS largest_eur
FROM levelled
GROUP BY year, condition, cohort, cost_basis, territory_id, stratum, sex, age_band
