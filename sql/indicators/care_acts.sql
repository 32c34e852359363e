-- Grain: one row per computable year x place x stratum x act of follow-up that is expected there x quarter of the year.
-- Acts seen per person of the stratum, beside those expected of them. measure: the indicator. The variance is that between the persons.
-- No numerator where the stratum has too few members (follow_up_term).
-- Persons behind a quarter are those of the gap: withheld with them. The quarters together would bound who had none of an act that most
-- have once: at least the members less the acts.
WITH gap AS (
    SELECT year, condition, territory_id, stratum, measure, numerator_persons FROM care_gap
),

quarter AS (
    SELECT year, condition, territory_id, stratum, act, persons, is_large, 1 AS quarter, quarter_1 AS expected FROM act_member
    UNION ALL
    SELECT year, condition, territory_id, stratum, act, persons, is_large, 2 AS quarter, quarter_2 AS expected FROM act_member
    UNION ALL
    SELECT year, condition, territory_id, stratum, act, persons, is_large, 3 AS quarter, quarter_3 AS expected FROM act_member
    UNION ALL
    SELECT year, condition, territory_id, stratum, act, persons, is_large, 4 AS quarter, quarter_4 AS expected FROM act_member
)

SELECT
    quarter.year,
    quarter.condition,
    quarter.territory_id,
    quarter.stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    concat('care_acts_', quarter.act, '_q', CAST(quarter.quarter AS VARCHAR)) AS measure,
    CASE WHEN quarter.is_large THEN gap.measure ELSE 'members' END AS base,
    CAST(NULL AS VARCHAR) AS rest,
    CASE WHEN quarter.is_large THEN gap.numerator_persons ELSE quarter.persons END AS persons,
    CASE WHEN quarter.is_large THEN coalesce(act_cell.holders, 0) END AS numerator_persons,
    CAST(NULL AS BIGINT) AS rest_persons,
    CASE WHEN quarter.is_large THEN CAST(coalesce(act_cell.acts, 0) AS DOUBLE) END AS numerator,
    CAST(quarter.persons AS DOUBLE) AS denominator,
    quarter.expected,
    coalesce(act_cell.acts_square, 0)
        - CAST(coalesce(act_cell.acts, 0) AS DOUBLE) * coalesce(act_cell.acts, 0) / NULLIF(quarter.persons, 0) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM quarter
INNER JOIN gap
    ON quarter.year = gap.year AND quarter.condition = gap.condition AND quarter.territory_id = gap.territory_id
    AND quarter.stratum = gap.stratum AND concat('care_gap_', quarter.act) = gap.measure
LEFT JOIN act_cell
    ON quarter.year = act_cell.year AND quarter.condition = act_cell.condition AND quarter.territory_id = act_cell.territory_id
    AND quarter.stratum = act_cell.stratum AND quarter.act = act_cell.act AND quarter.quarter = act_cell.quarter
