-- Grain: one slice (hospital x field of care x year of exit) that holds stays.
-- Stays that contradict themselves, counted, with those they are held against: what stay_check adds up.
-- A number of a stay is of one slice, so that what is there twice is there twice in its slice.
-- Slices: slice_id
SELECT
  stay_id // 4294967296 AS slice_id,
  count(*) AS stays,
  count(*) - count(DISTINCT stay_id) AS duplicate_stays,
  count(*) FILTER (WHERE entry_date > exit_date) AS exits_before_entry,
  count(*) FILTER (WHERE exit_date IS NOT NULL AND extract(YEAR FROM exit_date) <> year) AS exits_in_another_year,
  count(*) FILTER (WHERE NOT regexp_matches(ghm, '^[0-9]{2}[A-Z][0-9]{2}[0-9A-Z]$')) AS malformed_ghm,
  count(*) FILTER (WHERE field = 'mco' AND NOT is_session AND exit_date IS NOT NULL AND entry_date IS NOT NULL) AS dated_stays,
  count(*) FILTER (WHERE field = 'mco' AND NOT is_session AND exit_date - entry_date <> nights) AS nights_unlike_dates,
  count(*) FILTER (WHERE cost_billed_eur < 0 OR cost_standard_eur < 0) AS negative_costs
FROM stay
GROUP BY stay_id // 4294967296
