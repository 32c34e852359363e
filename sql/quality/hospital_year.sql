-- Grain: one row per hospital x field of care x year.
-- What a hospital sent and how well: volume, chaining, residence, errors of grouping. Shares are of the stays that count as stays.
-- Slices: slice_id
SELECT
  stay_id // 4294967296 AS slice_id,
  finess,
  field,
  year,
  count(*) AS rows_read,
  count(*) FILTER (WHERE counts_as_stay) AS stays,
  count(*) FILTER (WHERE counts_as_stay AND counts_for_person) / NULLIF(count(*) FILTER (WHERE counts_as_stay), 0)::DOUBLE AS chained_share,
  count(*) FILTER (WHERE counts_as_stay AND geo_code IS NULL)
  / NULLIF(count(*) FILTER (WHERE counts_as_stay), 0)::DOUBLE AS residence_unknown_share,
  count(*) FILTER (WHERE counts_for_cost AND cost_billed_eur IS NULL)
  / NULLIF(count(*) FILTER (WHERE counts_for_cost), 0)::DOUBLE AS cost_unknown_share,
  count(*) FILTER (WHERE is_death AND counts_as_stay) AS deaths
FROM stay
GROUP BY stay_id // 4294967296, finess, field, year
