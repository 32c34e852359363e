-- Grain: one day after the index date on which the status may change, were nothing new to be seen.
-- A criterion that ceases to hold; a stay that votes on the type and leaves the look-back, since a majority may turn before its last
-- stay does; an age that the definition asks for.
WITH evidence AS (
  SELECT expires_on AS turning_date FROM person_evidence
),

vote AS (
  SELECT CAST(stay_event.exit_date + to_months(CAST(12 * reporting_year.lookback_years AS INTEGER)) AS DATE) AS turning_date
  FROM stay_event
  INNER JOIN shown_event ON stay_event.event_no = shown_event.shown_no
  INNER JOIN definition_type_group ON shown_event.event_no = definition_type_group.event_no
  INNER JOIN reporting_year ON stay_event.exit_date <= reporting_year.index_date
),

asked_age AS (
  SELECT age_min FROM definition
  UNION
  SELECT age_min FROM definition_rule
  UNION
  SELECT CAST(floor(threshold) AS INTEGER) + unnest([0, 1]) AS age_min FROM definition_type_term WHERE metric = 'age'
),

birthday AS (
  SELECT make_date(person.birth_year + asked_age.age_min, 1, 1) AS turning_date
  FROM person
  CROSS JOIN asked_age
  WHERE asked_age.age_min > 0
),

turning AS (
  SELECT turning_date FROM evidence
  UNION
  SELECT turning_date FROM vote
  UNION
  SELECT turning_date FROM birthday
)

SELECT turning.turning_date
FROM turning
CROSS JOIN reporting_year
WHERE turning.turning_date > reporting_year.index_date AND turning.turning_date <= (SELECT max(turning_date) FROM evidence)
ORDER BY turning.turning_date
