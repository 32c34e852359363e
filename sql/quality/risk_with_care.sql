-- Grain: one condition x reporting year with somebody at strict risk, where the extract can show what is dispensed.
-- persons: at strict risk as published; persons_with_care: with those whom only ambulatory care puts there (at_risk_dcir). Nothing is told
-- where that cannot be shown: the level is then unknown.
SELECT
  condition,
  year,
  count(*) FILTER (WHERE NOT is_added) AS persons,
  count(*) AS persons_with_care
FROM at_risk_dcir
GROUP BY condition, year
