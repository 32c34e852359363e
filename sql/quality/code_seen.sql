-- Grain: one row per field of care x year x nomenclature x code.
-- How often each code is mentioned: what the validity of codes and the intensity of coding are counted from.
-- The slice of a stay is the quotient of its number, so that no mention has to find its stay again.
WITH mention AS (
  SELECT stay_id // 4294967296 AS slice_id, 'cim10' AS system, code FROM diagnosis
  UNION ALL
  SELECT stay_id // 4294967296 AS slice_id, 'ccam' AS system, code FROM procedure
  UNION ALL
  SELECT stay_id // 4294967296 AS slice_id, 'ghm' AS system, ghm AS code FROM stay WHERE ghm IS NOT NULL
),

counted AS (
  SELECT slice_id, system, code, count(*) AS mentions
  FROM mention
  GROUP BY slice_id, system, code
)

SELECT
  read_slice.field,
  read_slice.year,
  counted.system,
  counted.code,
  CAST(sum(counted.mentions) AS BIGINT) AS mentions
FROM counted
INNER JOIN read_slice ON counted.slice_id = read_slice.slice_id
GROUP BY read_slice.field, read_slice.year, counted.system, counted.code
