-- Grain: one row per year x condition x territory x stratum x sex x age band where somebody is.
-- The flow, summed. Squares are decimal: the sum does not depend on its order.
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
    sum(cost_billed_eur * cost_billed_eur) AS cost_billed_square,
    sum(cost_standard_eur * cost_standard_eur) AS cost_standard_square
FROM flow_member
GROUP BY year, condition, territory_id, stratum, sex, age_band
