-- Grain: one person x condition that has types x reporting year, for persons with a stay of some type group in the look-back.
-- The type is that of the first rule whose terms all hold. In one stay only the most specific group counts; groups of specificity 0
-- are counted without taking part. share: of a group among the groups as specific as itself.
-- Conditions and terms are numbers on the way: type_no, and a bit for each term of a rule.
-- Buckets: person_id
-- Years: reporting_place
WITH type_group AS (
  SELECT
    shown_event.shown_no,
    definition_type_group.condition,
    dense_rank() OVER (ORDER BY definition_type_group.condition) AS type_no,
    definition_type_group.type_group,
    definition_type_group.specificity,
    'stays:' || definition_type_group.type_group AS stays_metric,
    'share:' || definition_type_group.type_group AS share_metric
  FROM definition_type_group
  INNER JOIN shown_event ON definition_type_group.event_no = shown_event.event_no
),

type_condition AS (
  SELECT DISTINCT type_no, condition
  FROM type_group
),

shown AS MATERIALIZED (
  SELECT
    stay_event.person_id,
    stay_event.stay_id,
    stay_event.event_no,
    stay_event.exit_date,
    extract(YEAR FROM stay_event.entry_date) AS entry_year,
    type_group.type_no,
    type_group.specificity
  FROM stay_event
  INNER JOIN type_group ON stay_event.event_no = type_group.shown_no
),

-- Few persons have groups that are not equally specific: only of their stays is the most specific group looked for.
mixed AS (
  SELECT person_id
  FROM shown
  WHERE specificity > 0
  GROUP BY person_id
  HAVING min(specificity) < max(specificity)
),

most_specific AS (
  SELECT shown.stay_id, shown.type_no, min(shown.specificity) AS specificity
  FROM shown
  INNER JOIN mixed ON shown.person_id = mixed.person_id
  WHERE shown.specificity > 0
  GROUP BY shown.stay_id, shown.type_no
),

-- Of a group: the stays in which a more specific one counts instead.
overruled AS (
  SELECT shown.person_id, reporting_place.year, shown.type_no, shown.event_no, count(*) AS stays
  FROM shown
  INNER JOIN most_specific
    ON shown.stay_id = most_specific.stay_id AND shown.type_no = most_specific.type_no AND shown.specificity > most_specific.specificity
  INNER JOIN reporting_place ON shown.exit_date <= reporting_place.index_date AND shown.exit_date > reporting_place.after_date
  GROUP BY shown.person_id, reporting_place.year, shown.type_no, shown.event_no
),

-- Of a group: all its stays, and the year in which the first of them began.
grouped AS (
  SELECT
    shown.person_id,
    reporting_place.year,
    shown.type_no,
    shown.event_no,
    count(*) AS stays,
    min(shown.entry_year) AS first_entry_year
  FROM shown
  INNER JOIN reporting_place ON shown.exit_date <= reporting_place.index_date AND shown.exit_date > reporting_place.after_date
  GROUP BY shown.person_id, reporting_place.year, shown.type_no, shown.event_no
),

group_count AS (
  SELECT
    grouped.person_id,
    grouped.year,
    grouped.type_no,
    type_group.type_group,
    type_group.specificity,
    type_group.stays_metric,
    type_group.share_metric,
    grouped.stays - coalesce(overruled.stays, 0) AS stays
  FROM grouped
  INNER JOIN type_group ON grouped.type_no = type_group.type_no AND grouped.event_no = type_group.shown_no
  LEFT JOIN overruled
    ON grouped.person_id = overruled.person_id
    AND grouped.year = overruled.year
    AND grouped.type_no = overruled.type_no
    AND grouped.event_no = overruled.event_no
  WHERE grouped.stays > coalesce(overruled.stays, 0)
),

aged AS (
  SELECT
    grouped.person_id,
    grouped.year,
    grouped.type_no,
    min(grouped.first_entry_year - person.birth_year) AS first_age_years,
    min(grouped.year - person.birth_year) AS age_years
  FROM grouped
  INNER JOIN person ON grouped.person_id = person.person_id
  GROUP BY grouped.person_id, grouped.year, grouped.type_no
),

metric AS (
  SELECT person_id, year, type_no, stays_metric AS metric, CAST(stays AS DOUBLE) AS value FROM group_count
  UNION ALL
  SELECT
    person_id,
    year,
    type_no,
    share_metric AS metric,
    CAST(stays AS DOUBLE) / NULLIF(sum(stays) OVER (PARTITION BY person_id, year, type_no, specificity), 0) AS value
  FROM group_count
  WHERE specificity > 0
  UNION ALL
  SELECT person_id, year, type_no, 'age_first' AS metric, CAST(first_age_years AS DOUBLE) AS value FROM aged
  UNION ALL
  SELECT person_id, year, type_no, 'age' AS metric, CAST(age_years AS DOUBLE) AS value FROM aged
),

term AS (
  SELECT
    type_condition.type_no,
    definition_type_term.rank,
    definition_type_term.metric,
    definition_type_term.operator,
    definition_type_term.threshold,
    CAST(1 AS HUGEINT) << CAST(row_number() OVER (PARTITION BY type_condition.type_no) - 1 AS INTEGER) AS bit
  FROM definition_type_term
  INNER JOIN type_condition ON definition_type_term.condition = type_condition.condition
),

term_held AS (
  SELECT metric.person_id, metric.year, metric.type_no, term.rank, term.bit
  FROM metric
  INNER JOIN term ON metric.type_no = term.type_no AND metric.metric = term.metric
  WHERE
    CASE term.operator
      WHEN '<' THEN metric.value < term.threshold
      WHEN '<=' THEN metric.value <= term.threshold
      WHEN '=' THEN metric.value = term.threshold
      WHEN '>=' THEN metric.value >= term.threshold
      WHEN '>' THEN metric.value > term.threshold
    END
),

held AS (
  SELECT person_id, year, type_no, bit_or(bit) AS bits
  FROM term_held
  GROUP BY person_id, year, type_no
),

-- What the terms held come to is the same for everybody who has the same ones.
rule AS (
  SELECT type_no, rank, bit_or(bit) AS bits
  FROM term
  GROUP BY type_no, rank
),

outcome AS (
  SELECT met.type_no, met.bits, min(rule.rank) AS rank
  FROM (SELECT DISTINCT type_no, bits FROM held) AS met
  INNER JOIN rule ON met.type_no = rule.type_no AND (met.bits & rule.bits) = rule.bits
  GROUP BY met.type_no, met.bits
),

first_rule AS (
  SELECT held.person_id, held.year, held.type_no, outcome.rank
  FROM held
  INNER JOIN outcome ON held.type_no = outcome.type_no AND held.bits = outcome.bits
)

SELECT
  first_rule.person_id,
  type_condition.condition,
  first_rule.year,
  definition_type_rule.person_type
FROM first_rule
INNER JOIN type_condition ON first_rule.type_no = type_condition.type_no
INNER JOIN definition_type_rule ON type_condition.condition = definition_type_rule.condition AND first_rule.rank = definition_type_rule.rank
