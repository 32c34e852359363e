-- Grain: one person x condition that has types x reporting year, for persons with a stay of some type group in the look-back.
-- The type is that of the first rule whose terms all hold. In one stay only the most specific group counts; groups of specificity 0
-- are counted without taking part. share: of a group among the groups as specific as itself.
-- Buckets: person_id
-- Years: reporting_year
WITH grouped AS (
  SELECT
    stay_event.person_id,
    reporting_year.year,
    definition_type_group.condition,
    stay_event.stay_id,
    definition_type_group.type_group,
    definition_type_group.specificity,
    min(CASE WHEN definition_type_group.specificity > 0 THEN definition_type_group.specificity END)
      OVER (PARTITION BY definition_type_group.condition, stay_event.stay_id, reporting_year.year) AS most_specific,
    extract(YEAR FROM stay_event.entry_date) AS entry_year
  FROM stay_event
  INNER JOIN shown_event ON stay_event.event_no = shown_event.shown_no
  INNER JOIN definition_type_group ON shown_event.event_no = definition_type_group.event_no
  INNER JOIN reporting_year
    ON stay_event.exit_date <= reporting_year.index_date
    AND stay_event.exit_date + to_months(CAST(12 * reporting_year.lookback_years AS INTEGER)) > reporting_year.index_date
),

group_count AS (
  SELECT
    person_id,
    year,
    condition,
    type_group,
    specificity,
    count(*) AS stays
  FROM grouped
  WHERE specificity = 0 OR specificity = most_specific
  GROUP BY person_id, year, condition, type_group, specificity
),

metric AS (
  SELECT person_id, year, condition, 'stays:' || type_group AS metric, CAST(stays AS DOUBLE) AS value FROM group_count
  UNION ALL
  SELECT
    person_id,
    year,
    condition,
    'share:' || type_group AS metric,
    CAST(stays AS DOUBLE) / NULLIF(sum(stays) OVER (PARTITION BY person_id, year, condition, specificity), 0) AS value
  FROM group_count
  WHERE specificity > 0
  UNION ALL
  SELECT
    grouped.person_id,
    grouped.year,
    grouped.condition,
    'age_first' AS metric,
    CAST(min(grouped.entry_year) - person.birth_year AS DOUBLE) AS value
  FROM grouped
  INNER JOIN person ON grouped.person_id = person.person_id
  GROUP BY grouped.person_id, grouped.year, grouped.condition, person.birth_year
  UNION ALL
  SELECT DISTINCT
    grouped.person_id,
    grouped.year,
    grouped.condition,
    'age' AS metric,
    CAST(grouped.year - person.birth_year AS DOUBLE) AS value
  FROM grouped
  INNER JOIN person ON grouped.person_id = person.person_id
),

term_held AS (
  SELECT
    metric.person_id,
    metric.year,
    metric.condition,
    definition_type_term.rank,
    count(*) AS terms
  FROM metric
  INNER JOIN definition_type_term ON metric.condition = definition_type_term.condition AND metric.metric = definition_type_term.metric
  WHERE
    CASE definition_type_term.operator
      WHEN '<' THEN metric.value < definition_type_term.threshold
      WHEN '<=' THEN metric.value <= definition_type_term.threshold
      WHEN '=' THEN metric.value = definition_type_term.threshold
      WHEN '>=' THEN metric.value >= definition_type_term.threshold
      WHEN '>' THEN metric.value > definition_type_term.threshold
    END
  GROUP BY metric.person_id, metric.year, metric.condition, definition_type_term.rank
),

first_rule AS (
  SELECT
    term_held.person_id,
    term_held.year,
    term_held.condition,
    min(term_held.rank) AS rank
  FROM term_held
  INNER JOIN definition_type_rule
    ON term_held.condition = definition_type_rule.condition
    AND term_held.rank = definition_type_rule.rank
    AND term_held.terms = definition_type_rule.terms
  GROUP BY term_held.person_id, term_held.year, term_held.condition
)

SELECT
  first_rule.person_id,
  first_rule.condition,
  first_rule.year,
  definition_type_rule.person_type
FROM first_rule
INNER JOIN definition_type_rule ON first_rule.condition = definition_type_rule.condition AND first_rule.rank = definition_type_rule.rank
