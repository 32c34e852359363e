-- Grain: one row for the warehouse.
-- Stays that contradict themselves: counts that must be zero, and shares that should stay small.
SELECT
  count(*) AS stays,
  count(*) - count(DISTINCT stay_id) AS duplicate_stays,
  count(*) FILTER (WHERE entry_date > exit_date) AS exits_before_entry,
  count(*) FILTER (WHERE exit_date IS NOT NULL AND extract(YEAR FROM exit_date) <> year) AS exits_in_another_year,
  count(*) FILTER (WHERE NOT regexp_matches(ghm, '^[0-9]{2}[A-Z][0-9]{2}[0-9A-Z]$')) AS malformed_ghm,
  coalesce(
    count(*) FILTER (WHERE field = 'mco' AND NOT is_session AND exit_date - entry_date <> nights)
    / NULLIF(count(*) FILTER (WHERE field = 'mco' AND NOT is_session AND exit_date IS NOT NULL AND entry_date IS NOT NULL), 0)::DOUBLE,
    0
  ) AS nights_unlike_dates_share,
  count(*) FILTER (WHERE cost_billed_eur < 0 OR cost_standard_eur < 0) AS negative_costs
FROM stay
