-- Grain: one stay usable for person-level work x code list met x position x day of the act.
-- Codes meet lists here and nowhere else. `day` is the day of the act, or the stay's exit for what has no day of its own.
WITH coded AS (
  SELECT stay_id, 'icd10' AS system, position, code, CAST(NULL AS SMALLINT) AS day_offset FROM diagnosis
  UNION ALL
  SELECT stay_id, 'ccam' AS system, 'act' AS position, code, day_offset FROM procedure
  UNION ALL
  SELECT stay_id, 'ghm' AS system, 'ghm' AS position, ghm AS code, CAST(NULL AS SMALLINT) AS day_offset FROM stay
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_1 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM read_unit
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_2 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM read_unit
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'rea' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_rea > 0
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'stf' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_stf > 0
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'src' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_src > 0
)

SELECT DISTINCT
  stay.stay_id,
  stay.person_id,
  list_code.list_id,
  coded.position,
  stay.entry_date + CAST(coded.day_offset AS INTEGER) AS act_date
FROM coded
INNER JOIN list_code ON coded.system = list_code.system AND coded.code = list_code.code
INNER JOIN stay ON coded.stay_id = stay.stay_id
WHERE stay.counts_for_person AND stay.exit_date >= list_code.valid_from AND stay.exit_date <= list_code.valid_to
