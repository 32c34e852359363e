-- Grain: one row per year x condition x territory x stratum x sex x age band where somebody is.
-- The flow, summed, with the euros of its dearest person. Squares are decimal, and wide: their sum does not depend on its order.
-- Who has one or the other condition of a union counts once, in no stratum but 'all'.
WITH either AS (
    SELECT DISTINCT
        flow_member.person_id,
        flow_member.year,
        declared_union.condition,
        flow_member.territory_id,
        flow_member.sex,
        flow_member.age_band,
        flow_member.person_years,
        flow_member.died,
        flow_member.cost_billed_eur,
        flow_member.cost_standard_eur
    FROM flow_member
    INNER JOIN declared_union ON flow_member.condition IN (declared_union.one, declared_union.other)
),

counted AS (
    SELECT year, condition, territory_id, stratum, sex, age_band, person_years, died, cost_billed_eur, cost_standard_eur
    FROM flow_member
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, sex, age_band, person_years, died, cost_billed_eur, cost_standard_eur
    FROM either
)

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
FROM counted
GROUP BY year, condition, territory_id, stratum, sex, age_band
