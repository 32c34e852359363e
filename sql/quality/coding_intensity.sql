-- Grain: one row per hospital x field of care x year.
-- How finely a hospital codes: associated diagnoses per stay, sessions and ambulatory contacts apart. A change of coding moves strata as a change of health would:
-- it has to be seen beside them. The slice of a stay is the quotient of its number, so that no diagnosis has to find its stay again.
-- Slices: slice_id
WITH mention AS (
  SELECT stay_id // 4294967296 AS slice_id, count(*) AS das
  FROM diagnosis
  WHERE position = 'das'
  GROUP BY stay_id // 4294967296
),

volume AS (
  SELECT stay_id // 4294967296 AS slice_id, count(*) AS stays
  FROM stay
  WHERE NOT is_session AND NOT is_contact
  GROUP BY stay_id // 4294967296
)

SELECT
  volume.slice_id,
  read_slice.finess,
  read_slice.field,
  read_slice.year,
  volume.stays,
  coalesce(mention.das, 0) / NULLIF(volume.stays, 0)::DOUBLE AS das_per_stay
FROM volume
INNER JOIN read_slice ON volume.slice_id = read_slice.slice_id
LEFT JOIN mention ON volume.slice_id = mention.slice_id
