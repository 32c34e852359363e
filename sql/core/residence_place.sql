-- Grain: one geographic code in which somebody of the extract was said to live.
-- geo_no: a number that the code alone gives, so that one more code leaves those of the others; persons are kept with it (person_residence).
-- REST: a code that no declared territory holds.
-- Follows: territory
WITH code AS (
  SELECT DISTINCT geo_code
  FROM stay
  WHERE geo_code IS NOT NULL
)

SELECT
  code.geo_code,
  hash(code.geo_code) AS geo_no,
  coalesce(territory.territory_id, 'REST') AS territory_id
FROM code
LEFT JOIN territory ON code.geo_code = territory.geo_code
