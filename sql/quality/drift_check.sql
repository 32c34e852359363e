-- Grain: one row for the warehouse.
-- How many hospital-years moved further from the year before than hospitals usually do (drift, one row each, says which).
SELECT
  count(*) AS hospital_years,
  count(*) FILTER (WHERE volume_ratio < 0.7 OR volume_ratio > 1.4) AS volume_jumps,
  count(*) FILTER (WHERE chained_change < -0.05) AS chaining_drops,
  count(*) FILTER (WHERE residence_unknown_change > 0.05) AS residence_losses,
  count(*) FILTER (WHERE das_ratio < 0.75 OR das_ratio > 1.33) AS coding_jumps,
  count(*) FILTER (WHERE filled_change > 0.2) AS extension_jumps
FROM drift
