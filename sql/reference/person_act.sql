-- Grain: one person found x condition x act of follow-up x year of care x month with the act.
-- What was seen of the calendar, reversals taken off: days with the act, or 1 where the months with it are counted (definition_act).
-- A line of care shows an act by its code (of a service, test, act or drug), by the speciality of who did it, or by both.
-- Of the persons found in some year that can be counted; empty, and nearly free, without ambulatory care.
-- Buckets: person_id
WITH asked AS (
    SELECT DISTINCT condition, act, counted FROM act_year
),

member AS (
    SELECT DISTINCT stock_member.person_id, stock_member.condition
    FROM stock_member
    INNER JOIN act_year ON stock_member.condition = act_year.condition AND stock_member.year = act_year.year
    WHERE stock_member.stratum IN ('1', '2', '3', '4')
),

way AS (
    SELECT definition_act_way.condition, definition_act_way.act, definition_act_way.way, definition_act_way.asks_code, definition_act_way.asks_by
    FROM definition_act_way
    INNER JOIN asked ON definition_act_way.condition = asked.condition AND definition_act_way.act = asked.act
),

wanted AS (
    SELECT
        way.condition, way.act, way.way, way.asks_by, definition_act_code.part, definition_act_code.system, definition_act_code.code,
        coalesce(definition_act_code.valid_from, DATE '1900-01-01') AS valid_from,
        coalesce(definition_act_code.valid_to, DATE '2999-12-31') AS valid_to
    FROM way
    INNER JOIN definition_act_code
        ON way.condition = definition_act_code.condition AND way.act = definition_act_code.act AND way.way = definition_act_code.way
    WHERE (definition_act_code.part = 'codes') = way.asks_code
),

shown AS (
    SELECT care.person_id, care.care_date, care.speciality, wanted.condition, wanted.act, wanted.way, wanted.asks_by
    FROM care
    INNER JOIN wanted
        ON care.system = wanted.system AND care.code = wanted.code
        AND care.care_date >= wanted.valid_from AND care.care_date <= wanted.valid_to
    WHERE care.quantity > 0 AND wanted.part = 'codes' AND wanted.system <> 'prs'
    UNION ALL
    SELECT care.person_id, care.care_date, care.speciality, wanted.condition, wanted.act, wanted.way, wanted.asks_by
    FROM care
    INNER JOIN wanted
        ON care.service = wanted.code AND care.care_date >= wanted.valid_from AND care.care_date <= wanted.valid_to
    WHERE care.quantity > 0 AND wanted.part = 'codes' AND wanted.system = 'prs'
    UNION ALL
    SELECT care.person_id, care.care_date, care.speciality, wanted.condition, wanted.act, wanted.way, FALSE AS asks_by
    FROM care
    INNER JOIN wanted ON care.speciality = wanted.code
    WHERE care.quantity > 0 AND wanted.part = 'by'
),

made AS (
    SELECT DISTINCT shown.person_id, shown.condition, shown.act, shown.care_date
    FROM shown
    INNER JOIN member ON shown.person_id = member.person_id AND shown.condition = member.condition
    LEFT JOIN definition_act_code AS who
        ON shown.condition = who.condition AND shown.act = who.act AND shown.way = who.way AND who.part = 'by'
        AND shown.speciality = who.code
    WHERE NOT shown.asks_by OR who.code IS NOT NULL
)

SELECT
    made.person_id,
    made.condition,
    made.act,
    CAST(extract(YEAR FROM made.care_date) AS SMALLINT) AS year,
    CAST(extract(MONTH FROM made.care_date) AS SMALLINT) AS month,
    CASE WHEN asked.counted = 'month' THEN 1 ELSE count(*) END AS acts
FROM made
INNER JOIN asked ON made.condition = asked.condition AND made.act = asked.act
GROUP BY
    made.person_id, made.condition, made.act, extract(YEAR FROM made.care_date), extract(MONTH FROM made.care_date), asked.counted
