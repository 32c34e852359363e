-- Grain: one person x calendar year with a usable stay that ended in it.
-- What hospital care the person had in the year, in the fields of care included. A stay adds to a figure only where the filters let it:
-- stays, nights, billed and standard cost. A stay that goes on over the new year has a row in each year: its nights count in both, the stay
-- in the year it ends.
-- Years: stay
SELECT
  person_id,
  year,
  count(*) FILTER (WHERE counts_as_stay) AS stays,
  coalesce(sum(nights) FILTER (WHERE counts_for_days), 0) AS nights,
  CAST(coalesce(sum(cost_billed_eur) FILTER (WHERE counts_for_cost), 0) AS DECIMAL(14, 2)) AS cost_billed_eur,
  CAST(coalesce(sum(cost_standard_eur) FILTER (WHERE has_standard_cost), 0) AS DECIMAL(14, 2)) AS cost_standard_eur
FROM stay
WHERE counts_for_person
GROUP BY person_id, year
