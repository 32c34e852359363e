-- Grain: one code seen in the extract x one code list that holds it.
-- Prefixes are met with the codes actually present, once, so that everything after is an equality. Those of diagnoses, acts and groups are
-- in code_mention already, some thousands a slice: they are not looked for again in tens of millions of rows.
-- Follows: definition_clause definition_code definition_event definition_term shown_event
WITH seen AS (
  SELECT DISTINCT CASE system WHEN 'cim10' THEN 'icd10' ELSE system END AS system, code FROM code_mention
  UNION ALL
  SELECT DISTINCT 'unit' AS system, authorisation_1 AS code FROM unit WHERE authorisation_1 IS NOT NULL
  UNION
  SELECT DISTINCT 'unit' AS system, authorisation_2 AS code FROM unit WHERE authorisation_2 IS NOT NULL
  UNION ALL
  SELECT DISTINCT 'supplement' AS system, code FROM definition_code WHERE system = 'supplement'
  UNION
  SELECT DISTINCT 'icd10' AS system, cim10_code AS code FROM ald WHERE cim10_code IS NOT NULL
  UNION
  SELECT DISTINCT care.system, care.code
  FROM care
  WHERE care.system IN (
    SELECT definition_code.system
    FROM definition_code
    INNER JOIN definition_term ON definition_code.list_id = definition_term.list_id
    WHERE definition_term.position = 'care'
  )
)

SELECT DISTINCT
  definition_code.list_id,
  seen.system,
  seen.code,
  coalesce(definition_code.valid_from, DATE '1900-01-01') AS valid_from,
  coalesce(definition_code.valid_to, DATE '2999-12-31') AS valid_to
FROM definition_code
INNER JOIN seen
  ON definition_code.system = seen.system
  AND CASE definition_code.match
    WHEN 'prefix' THEN starts_with(seen.code, definition_code.code)
    ELSE seen.code = definition_code.code
  END
