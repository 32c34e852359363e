-- Grain: one computable year x condition x published place x stratum ('all' included) x act of follow-up expected there.
-- Whom the act is expected of: the members of the stratum, and of all strata where each of them expects it. quarter_1 to quarter_4: acts
-- expected of them in the quarter. is_large: with members enough to be told of.
WITH expected AS (
    SELECT
        condition, act, stratum,
        max(expected) FILTER (WHERE quarter = 1) AS quarter_1,
        max(expected) FILTER (WHERE quarter = 2) AS quarter_2,
        max(expected) FILTER (WHERE quarter = 3) AS quarter_3,
        max(expected) FILTER (WHERE quarter = 4) AS quarter_4
    FROM definition_act_quarter
    GROUP BY condition, act, stratum
),

of_stratum AS (
    SELECT
        cohort_total.year,
        cohort_total.condition,
        cohort_total.territory_id,
        cohort_total.stratum,
        act_year.act,
        cohort_total.persons,
        cohort_total.persons * expected.quarter_1 AS quarter_1,
        cohort_total.persons * expected.quarter_2 AS quarter_2,
        cohort_total.persons * expected.quarter_3 AS quarter_3,
        cohort_total.persons * expected.quarter_4 AS quarter_4
    FROM act_year
    INNER JOIN expected ON act_year.condition = expected.condition AND act_year.act = expected.act
    INNER JOIN cohort_total
        ON act_year.condition = cohort_total.condition AND act_year.year = cohort_total.year AND expected.stratum = cohort_total.stratum
    WHERE
        cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none' AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
),

levelled AS (
    SELECT year, condition, territory_id, stratum, act, persons, quarter_1, quarter_2, quarter_3, quarter_4
    FROM of_stratum
    UNION ALL
    SELECT
        of_stratum.year,
        of_stratum.condition,
        of_stratum.territory_id,
        'all' AS stratum,
        of_stratum.act,
        CAST(sum(of_stratum.persons) AS BIGINT) AS persons,
        sum(of_stratum.quarter_1) AS quarter_1,
        sum(of_stratum.quarter_2) AS quarter_2,
        sum(of_stratum.quarter_3) AS quarter_3,
        sum(of_stratum.quarter_4) AS quarter_4
    FROM of_stratum
    INNER JOIN definition_act ON of_stratum.condition = definition_act.condition AND of_stratum.act = definition_act.act
    WHERE definition_act.is_for_all
    GROUP BY of_stratum.year, of_stratum.condition, of_stratum.territory_id, of_stratum.act
)

SELECT
    levelled.year, levelled.condition, levelled.territory_id, levelled.stratum, levelled.act, levelled.persons,
    levelled.persons >= follow_up_term.members_at_least AS is_large,
    levelled.quarter_1, levelled.quarter_2, levelled.quarter_3, levelled.quarter_4
FROM levelled
CROSS JOIN follow_up_term
