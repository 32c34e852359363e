-- Grain: one stock or flow year that the CNAM cartography has x condition x comparison x level where somebody is.
-- Our persons beside those of the tops of the same year, in its latest version. level: for a status the stratum ('1' to '4'), for a
-- criterion 'met'; of the others only those whom the cartography has are told beside the levels of risk: 'not_found' (in the extract, not
-- found), 'under_age', 'died' (by the index date), 'not_seen' (no usable stay in the look-back, or no known residence).
-- persons: of the level; persons_with_top: those whom the cartography has. A comparison whose tops nobody has in a year is not told: the
-- extract may not hold them.
WITH latest AS (
  SELECT year, max(version) AS version
  FROM cartography
  GROUP BY year
),

with_top AS (
  SELECT DISTINCT definition_cartography.condition, definition_cartography.comparison, cartography.year, cartography.person_id
  FROM cartography
  INNER JOIN latest ON cartography.year = latest.year AND cartography.version = latest.version
  INNER JOIN reporting_year ON cartography.year = reporting_year.year
  INNER JOIN definition_cartography ON cartography.top = definition_cartography.top
),

-- What is asked of which year: found first, so that an extract without cartography has no person looked at.
asked AS MATERIALIZED (
  SELECT DISTINCT
    with_top.year,
    with_top.condition,
    with_top.comparison,
    definition_cartography.compared_with,
    definition_cartography.value
  FROM with_top
  INNER JOIN definition_cartography
    ON with_top.condition = definition_cartography.condition AND with_top.comparison = definition_cartography.comparison
),

our_status AS (
  SELECT
    asked.condition,
    asked.comparison,
    person_stratum.year,
    person_stratum.person_id,
    CASE person_stratum.status WHEN asked.value THEN CAST(person_stratum.stratum AS VARCHAR) ELSE person_stratum.status END AS level
  FROM asked
  INNER JOIN person_stratum ON asked.condition = person_stratum.condition AND asked.year = person_stratum.year
  WHERE asked.compared_with = 'status'
),

our_criterion AS (
  SELECT asked.condition, asked.comparison, person_criterion.year, person_criterion.person_id, 'met' AS level
  FROM asked
  INNER JOIN person_criterion
    ON asked.condition = person_criterion.condition AND asked.value = person_criterion.criterion_id AND asked.year = person_criterion.year
  INNER JOIN definition ON asked.condition = definition.condition
  INNER JOIN person_state
    ON person_criterion.person_id = person_state.person_id
    AND person_criterion.year = person_state.year
    AND person_state.is_alive
    AND person_state.age_years >= definition.age_min
  WHERE asked.compared_with = 'criterion'
),

ours AS (
  SELECT condition, comparison, year, person_id, level FROM our_status
  UNION ALL
  SELECT condition, comparison, year, person_id, level FROM our_criterion
),

beside AS (
  SELECT
    coalesce(ours.condition, with_top.condition) AS condition,
    coalesce(ours.comparison, with_top.comparison) AS comparison,
    coalesce(ours.year, with_top.year) AS year,
    coalesce(ours.person_id, with_top.person_id) AS person_id,
    ours.level,
    with_top.person_id IS NOT NULL AS has_top
  FROM ours
  FULL JOIN with_top
    ON ours.person_id = with_top.person_id
    AND ours.year = with_top.year
    AND ours.condition = with_top.condition
    AND ours.comparison = with_top.comparison
),

dead AS (
  SELECT person_id, min(death_date) AS death_date
  FROM person_death
  WHERE NOT is_set_aside
  GROUP BY person_id
),

placed AS (
  SELECT
    beside.year,
    beside.condition,
    beside.comparison,
    beside.has_top,
    CASE
      WHEN beside.level IS NOT NULL THEN beside.level
      WHEN dead.person_id IS NOT NULL OR NOT person_state.is_alive THEN 'died'
      WHEN person_state.person_id IS NULL THEN 'not_seen'
      WHEN person_state.age_years < definition.age_min THEN 'under_age'
      ELSE 'not_found'
    END AS level
  FROM beside
  INNER JOIN reporting_year ON beside.year = reporting_year.year
  INNER JOIN definition ON beside.condition = definition.condition
  LEFT JOIN person_state ON beside.person_id = person_state.person_id AND beside.year = person_state.year
  LEFT JOIN dead ON beside.person_id = dead.person_id AND dead.death_date <= reporting_year.index_date
)

SELECT
  year,
  condition,
  comparison,
  level,
  count(*) AS persons,
  count(*) FILTER (WHERE has_top) AS persons_with_top
FROM placed
GROUP BY year, condition, comparison, level
