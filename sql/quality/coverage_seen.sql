-- Grain: one row per hospital x field of care x year of exit.
-- What the extract holds, to set beside the coverage that strata.toml declares: months with at least one exit, and stays.
SELECT
  finess AS hospital,
  field,
  year,
  count(DISTINCT exit_month) AS months,
  count(*) AS stays
FROM read_stay
GROUP BY finess, field, year
