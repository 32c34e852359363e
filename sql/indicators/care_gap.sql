-- Grain: one row per computable year x place x stratum x act of follow-up that is expected there.
-- Of the persons of the stratum, those for whom the act was seen less often than expected. measure: the indicator.
-- No numerator where the stratum has too few members (follow_up_term).
SELECT
    act_member.year,
    act_member.condition,
    act_member.territory_id,
    act_member.stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    concat('care_gap_', act_member.act) AS measure,
    CAST(NULL AS VARCHAR) AS base,
    CAST(NULL AS VARCHAR) AS rest,
    act_member.persons,
    CASE WHEN act_member.is_large THEN act_member.persons - coalesce(act_cell.holders, 0) END AS numerator_persons,
    CAST(NULL AS BIGINT) AS rest_persons,
    CASE WHEN act_member.is_large THEN CAST(act_member.persons - coalesce(act_cell.holders, 0) AS DOUBLE) END AS numerator,
    CAST(act_member.persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM act_member
LEFT JOIN act_cell
    ON act_member.year = act_cell.year AND act_member.condition = act_cell.condition AND act_member.territory_id = act_cell.territory_id
    AND act_member.stratum = act_cell.stratum AND act_member.act = act_cell.act AND act_cell.quarter = 0
