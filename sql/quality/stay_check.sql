-- Grain: one row for the warehouse.
-- Stays that contradict themselves: counts that must be zero, and shares that should stay small.
SELECT
  CAST(coalesce(sum(stays), 0) AS BIGINT) AS stays,
  CAST(coalesce(sum(duplicate_stays), 0) AS BIGINT) AS duplicate_stays,
  CAST(coalesce(sum(exits_before_entry), 0) AS BIGINT) AS exits_before_entry,
  CAST(coalesce(sum(exits_in_another_year), 0) AS BIGINT) AS exits_in_another_year,
  CAST(coalesce(sum(malformed_ghm), 0) AS BIGINT) AS malformed_ghm,
  coalesce(sum(nights_unlike_dates) / NULLIF(sum(dated_stays), 0)::DOUBLE, 0) AS nights_unlike_dates_share,
  CAST(coalesce(sum(negative_costs), 0) AS BIGINT) AS negative_costs
FROM stay_fault
