-- Grain: one row per slice (hospital x field of care x year of exit) x nomenclature x code.
-- How often each code is mentioned in what a hospital sent: what code_seen adds up.
-- The slice of a stay is the quotient of its number, so that no mention has to find its stay again.
-- Slices: slice_id
WITH mention AS (
  SELECT stay_id // 4294967296 AS slice_id, 'cim10' AS system, code FROM diagnosis
  UNION ALL
  SELECT stay_id // 4294967296 AS slice_id, 'ccam' AS system, code FROM procedure
  UNION ALL
  SELECT stay_id // 4294967296 AS slice_id, 'ghm' AS system, ghm AS code FROM stay WHERE ghm IS NOT NULL
)

SELECT
  slice_id,
  system,
  code,
  count(*) AS mentions
FROM mention
GROUP BY slice_id, system, code
