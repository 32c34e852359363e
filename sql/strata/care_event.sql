-- Grain: one person x event of a definition shown outside stays x period of it.
-- Ambulatory care: a day on which something of the list was delivered, reversals taken off. Long-term illness: from the first to the last
-- day of the exemption (far away while it is open). An event is of one or the other (strata/definitions/compiler.py), and has no trait.
-- ATC lists are met through the CIP13 codes that shared/drugs.csv gives them: without it they find nothing (criterion_source).
SELECT DISTINCT
  care.person_id,
  definition_term.event_no,
  care.care_date AS first_date,
  care.care_date AS last_date
FROM care
INNER JOIN list_code
  ON care.system = list_code.system
  AND care.code = list_code.code
  AND care.care_date >= list_code.valid_from
  AND care.care_date <= list_code.valid_to
INNER JOIN definition_term ON list_code.list_id = definition_term.list_id
INNER JOIN shown_event ON definition_term.event_no = shown_event.event_no AND shown_event.event_no = shown_event.shown_no
WHERE care.quantity > 0 AND definition_term.position = 'care'
UNION ALL
SELECT DISTINCT
  ald.person_id,
  definition_term.event_no,
  ald.start_date AS first_date,
  coalesce(ald.end_date, DATE '9999-12-30') AS last_date
FROM ald
INNER JOIN list_code
  ON ald.cim10_code = list_code.code
  AND list_code.system = 'icd10'
  AND ald.start_date <= list_code.valid_to
  AND coalesce(ald.end_date, DATE '9999-12-30') >= list_code.valid_from
INNER JOIN definition_term ON list_code.list_id = definition_term.list_id
INNER JOIN shown_event ON definition_term.event_no = shown_event.event_no AND shown_event.event_no = shown_event.shown_no
WHERE definition_term.position = 'ald'
