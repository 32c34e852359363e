-- Grain: one row per year x condition x territory x stratum x sex x age band where somebody is.
-- The stock, summed, with the euros of its dearest person. 'at_risk_extended' counts strict and extended persons together.
-- Squares are decimal, and wide: their sum does not depend on its order.
WITH counted AS (
    SELECT year, condition, territory_id, stratum, sex, age_band, cost_5y_billed_eur, cost_5y_standard_eur
    FROM stock_member
    UNION ALL
    SELECT year, condition, territory_id, 'at_risk_extended' AS stratum, sex, age_band, cost_5y_billed_eur, cost_5y_standard_eur
    FROM stock_member
    WHERE stratum = 'at_risk_strict'
)

SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    count(*) AS persons,
    sum(cost_5y_billed_eur) AS cost_5y_billed_eur,
    sum(cost_5y_standard_eur) AS cost_5y_standard_eur,
    sum(CAST(cost_5y_billed_eur AS DECIMAL(20, 2)) * cost_5y_billed_eur) AS cost_5y_billed_square,
    sum(CAST(cost_5y_standard_eur AS DECIMAL(20, 2)) * cost_5y_standard_eur) AS cost_5y_standard_square,
    max(cost_5y_billed_eur) AS cost_5y_billed_largest_eur,
    max(cost_5y_standard_eur) AS cost_5y_standard_largest_eur
FROM counted
GROUP BY year, condition, territory_id, stratum, sex, age_band
