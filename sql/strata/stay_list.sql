-- Grain: one stay x code list met x position x day of the act (NULL for what has no day of its own).
-- Codes meet lists here and nowhere else. valid_from and valid_to: when the code has the meaning of the list.
WITH coded AS (
  SELECT stay_id, 'icd10' AS system, position, code, CAST(NULL AS SMALLINT) AS day_offset FROM diagnosis
  UNION ALL
  SELECT stay_id, 'ccam' AS system, 'act' AS position, code, day_offset FROM procedure
  UNION ALL
  SELECT stay_id, 'ghm' AS system, 'ghm' AS position, ghm AS code, CAST(NULL AS SMALLINT) AS day_offset FROM stay
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_1 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM unit
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_2 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM unit
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
  coded.stay_id,
  list_code.list_id,
  coded.position,
  coded.day_offset,
  list_code.valid_from,
  list_code.valid_to
FROM coded
INNER JOIN list_code ON coded.system = list_code.system AND coded.code = list_code.code
