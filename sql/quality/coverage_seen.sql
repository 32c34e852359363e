-- Grain: one row per hospital x field of care x year of exit.
-- What the extract holds, to set beside the coverage that strata.toml declares: months with at least one exit, and stays.
-- Slices: slice_id
SELECT
  stay_id // 4294967296 AS slice_id,
  finess AS hospital,
  field,
  year,
  count(DISTINCT exit_month) AS months,
  count(*) AS stays
FROM read_stay
GROUP BY stay_id // 4294967296, finess, field, year
