-- Grain: one row per year x condition x territory x stratum x sex x age band where somebody is.
-- The flow, summed, with the euros of its dearest person. Squares are decimal, and wide: their sum does not depend on its order.
SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    count(*) AS persons,
    sum(person_years) AS person_years,
    sum(CASE WHEN died THEN 1 ELSE 0 END) AS deaths,
    sum(cost_billed_eur) AS cost_billed_eur,
    sum(cost_standard_eur) AS cost_standard_eur,
    sum(CAST(cost_billed_eur AS DECIMAL(20, 2)) * cost_billed_eur) AS cost_billed_square,
    sum(CAST(cost_standard_eur AS DECIMAL(20, 2)) * cost_standard_eur) AS cost_standard_square,
    max(cost_billed_eur) AS cost_billed_largest_eur,
    max(cost_standard_eur) AS cost_standard_largest_eur
FROM flow_member
GROUP BY year, condition, territory_id, stratum, sex, age_band
