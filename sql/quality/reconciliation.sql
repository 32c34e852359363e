-- Grain: one row per hospital x field of care x year x month of exit.
-- What a DIM can hold against the OVALIDE tables of the same transmission: rows, rows in error, stays and sessions, nights or days, euros.
-- Counted before any filter, as OVALIDE does; `stays` and `valued_stays` are what remains for our own figures.
-- Slices: slice_id
SELECT
  stay.stay_id // 4294967296 AS slice_id,
  read_stay.finess,
  read_stay.field,
  read_stay.year,
  coalesce(read_stay.exit_month, extract(MONTH FROM read_stay.exit_date)) AS month,
  count(*) AS rows_read,
  count(*) FILTER (WHERE read_stay.ghm LIKE '90%') AS rows_in_error,
  count(*) FILTER (WHERE stay.is_session) AS rows_of_sessions,
  CAST(sum(CASE WHEN stay.is_session THEN read_stay.sessions ELSE 0 END) AS BIGINT) AS sessions,
  count(*) FILTER (WHERE stay.counts_as_stay) AS stays,
  CAST(sum(CASE WHEN stay.counts_as_stay THEN coalesce(read_stay.nights, 0) ELSE 0 END) AS BIGINT) AS nights,
  CAST(sum(coalesce(read_stay.presence_days, 0)) AS BIGINT) AS presence_days,
  count(*) FILTER (WHERE stay.counts_for_cost AND stay.cost_billed_eur IS NOT NULL) AS valued_stays,
  CAST(coalesce(sum(stay.cost_billed_eur) FILTER (WHERE stay.counts_for_cost), 0) AS DECIMAL(16, 2)) AS cost_billed_eur,
  CAST(coalesce(sum(stay.cost_standard_eur) FILTER (WHERE stay.has_standard_cost), 0) AS DECIMAL(16, 2)) AS cost_standard_eur,
  CAST(coalesce(sum(read_stay.billing_base_eur), 0) AS DECIMAL(16, 2)) AS billing_base_eur
FROM read_stay
INNER JOIN stay ON read_stay.stay_id = stay.stay_id
GROUP BY
  stay.stay_id // 4294967296, read_stay.finess, read_stay.field, read_stay.year,
  coalesce(read_stay.exit_month, extract(MONTH FROM read_stay.exit_date))
