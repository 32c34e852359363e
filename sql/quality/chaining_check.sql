-- Grain: one row per year of exit.
-- Share of stays that can be followed to a person (usable pseudonym, no chaining error), among stays counted as stays.
-- Badly chained stays keep their place in stay counts and costs; person-level work does not see them.
SELECT
  year,
  count(*) AS stays,
  count(*) FILTER (WHERE counts_for_person) AS chained_stays,
  count(*) FILTER (WHERE counts_for_person) / NULLIF(count(*), 0)::DOUBLE AS chained_share
FROM stay
WHERE counts_as_stay
GROUP BY year
