-- Grain: one slice (hospital x field of care x year of exit) that holds something.
-- What is held of a transmission, as read: what the accounts of the whole warehouse are added up from.
-- diagnoses_without_stay: an associated diagnosis is of the slice that its number says.
-- Slices: slice_id
WITH counted AS (
  SELECT slice_id, count(*) AS stays, 0 AS units, 0 AS diagnoses_without_stay
  FROM read_stay
  GROUP BY slice_id
  UNION ALL
  SELECT read_stay.slice_id, 0 AS stays, count(*) AS units, 0 AS diagnoses_without_stay
  FROM read_unit
  INNER JOIN read_stay ON read_unit.stay_id = read_stay.stay_id
  GROUP BY read_stay.slice_id
  UNION ALL
  SELECT read_diagnosis.stay_id // 4294967296 AS slice_id, 0 AS stays, 0 AS units, count(*) AS diagnoses_without_stay
  FROM read_diagnosis
  LEFT JOIN read_stay ON read_diagnosis.stay_id = read_stay.stay_id
  WHERE read_stay.stay_id IS NULL
  GROUP BY read_diagnosis.stay_id // 4294967296
)

SELECT
  slice_id,
  CAST(sum(stays) AS BIGINT) AS stays,
  CAST(sum(units) AS BIGINT) AS units,
  CAST(sum(diagnoses_without_stay) AS BIGINT) AS diagnoses_without_stay
FROM counted
GROUP BY slice_id
