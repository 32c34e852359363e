-- Grain: one year x condition x place (ALL and groups included) x stratum ('all' included) x act of follow-up x quarter where somebody had it.
-- Quarter 0: the whole window of the act; holders are the persons with as many acts as expected of their stratum. Quarters 1 to 4: of the
-- year; holders are the persons with an act. acts, acts_square: their number, and the sum of its square by person.
WITH had AS (
    SELECT
        stock_member.person_id,
        stock_member.condition,
        stock_member.year,
        stock_member.territory_id,
        stock_member.stratum,
        person_act.act,
        person_act.year = stock_member.year AS is_of_year,
        CAST(ceil(person_act.month / 3.0) AS SMALLINT) AS quarter,
        definition_act_expected.times,
        person_act.acts
    FROM act_year
    INNER JOIN stock_member ON act_year.condition = stock_member.condition AND act_year.year = stock_member.year
    INNER JOIN definition_act_expected
        ON act_year.condition = definition_act_expected.condition AND act_year.act = definition_act_expected.act
        AND stock_member.stratum = definition_act_expected.stratum
    INNER JOIN person_act
        ON stock_member.person_id = person_act.person_id AND act_year.condition = person_act.condition AND act_year.act = person_act.act
    WHERE person_act.year <= stock_member.year AND person_act.year > stock_member.year - definition_act_expected.years
),

of_person AS (
    SELECT person_id, condition, year, territory_id, stratum, act, CAST(0 AS SMALLINT) AS quarter, times, sum(acts) AS acts
    FROM had
    GROUP BY person_id, condition, year, territory_id, stratum, act, times
    UNION ALL
    SELECT person_id, condition, year, territory_id, stratum, act, quarter, CAST(1 AS SMALLINT) AS times, sum(acts) AS acts
    FROM had
    WHERE is_of_year
    GROUP BY person_id, condition, year, territory_id, stratum, act, quarter
),

counted AS (
    SELECT
        year, condition, territory_id, stratum, act, quarter,
        count(*) FILTER (WHERE acts >= times) AS holders,
        sum(acts) AS acts,
        sum(acts * acts) AS acts_square
    FROM of_person
    GROUP BY year, condition, territory_id, stratum, act, quarter
),

placed AS (
    SELECT
        counted.year, counted.condition, place_part.place_id AS territory_id, counted.stratum, counted.act, counted.quarter,
        counted.holders, counted.acts, counted.acts_square
    FROM counted
    INNER JOIN place_part ON counted.territory_id = place_part.territory_id
),

levelled AS (
    SELECT year, condition, territory_id, stratum, act, quarter, holders, acts, acts_square
    FROM placed
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, act, quarter, holders, acts, acts_square
    FROM placed
)

SELECT
    year, condition, territory_id, stratum, act, quarter,
    CAST(sum(holders) AS BIGINT) AS holders,
    CAST(sum(acts) AS BIGINT) AS acts,
    CAST(sum(acts_square) AS BIGINT) AS acts_square
FROM levelled
GROUP BY year, condition, territory_id, stratum, act, quarter
