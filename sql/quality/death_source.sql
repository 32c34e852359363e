-- Grain: one row per source of dates of death.
-- How many deaths each source tells, how many were set aside because a stay begins after them, how many concern nobody with a usable
-- stay, and how many completed what the hospital stays alone would have said.
SELECT
  person_death.death_source,
  count(*) AS deaths,
  count(*) FILTER (WHERE person_death.is_set_aside) AS deaths_set_aside,
  count(*) FILTER (WHERE NOT person_death.has_stay) AS deaths_without_stay,
  count(*) FILTER (WHERE person.death_source = person_death.death_source) AS deaths_kept
FROM person_death
LEFT JOIN person ON person_death.person_id = person.person_id
GROUP BY person_death.death_source
