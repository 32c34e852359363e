-- Grain: one condition x act of follow-up x stock year whose ambulatory care is declared and seen.
-- Declared: [coverage.dcir], complete until the end of the year at least (declared_care). Seen: every flow from February to the January
-- that follows, of that year and of the years before that the act looks back on. A year cut short is none. An act that is met through
-- codes of which the project has none (ATC classes without shared/drugs.csv) is left out: it would be missed, not absent.
WITH flow AS (
    SELECT DISTINCT year * 12 + month - 2 AS flow_no
    FROM read_person_slice
    WHERE field = 'dcir'
),

care_year AS (
    SELECT CAST(floor(flow_no / 12.0) AS SMALLINT) AS year
    FROM flow
    GROUP BY floor(flow_no / 12.0)
    HAVING count(*) = 12
),

unreadable AS (
    SELECT DISTINCT way.condition, way.act
    FROM definition_act_way AS way
    LEFT JOIN definition_act_code AS code
        ON way.condition = code.condition AND way.act = code.act AND way.way = code.way AND code.part = 'codes'
    WHERE way.asks_code AND code.code IS NULL
)

SELECT definition_act.condition, definition_act.act, reporting_year.year, definition_act.counted
FROM definition_act
CROSS JOIN reporting_year
CROSS JOIN declared_care
INNER JOIN care_year
    ON care_year.year <= reporting_year.year AND care_year.year > reporting_year.year - definition_act.years
LEFT JOIN unreadable ON definition_act.condition = unreadable.condition AND definition_act.act = unreadable.act
WHERE
    reporting_year.is_stock
    AND reporting_year.index_date = make_date(reporting_year.year, 12, 31)
    AND declared_care.care_through >= reporting_year.index_date
    AND definition_act.is_observable
    AND unreadable.act IS NULL
GROUP BY definition_act.condition, definition_act.act, definition_act.years, reporting_year.year, definition_act.counted
HAVING count(*) = definition_act.years
