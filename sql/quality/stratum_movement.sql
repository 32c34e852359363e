-- Grain: one stock year x condition x stratum a year before x stratum x cause where somebody is.
-- The changes of stratum, counted: how many of those that fall do so because the data forgot.
SELECT
  year,
  condition,
  from_stratum,
  to_stratum,
  cause,
  count(*) AS persons
FROM stratum_change
GROUP BY year, condition, from_stratum, to_stratum, cause
