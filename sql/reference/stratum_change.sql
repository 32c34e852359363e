-- Grain: one person x condition x stock year, of those in a stratum at its index date or a year before; the unchanged are here too.
-- From which stratum to which, and why: what the data saw (new_evidence), what they forgot (evidence_expired: a code left the look-back, which
-- says nothing of the person), what did not happen again (no_recent_event: a rule that asks for recent events met none within its own window).
-- Only the last may be an improvement, and only where the definition says so (definition.falls): under 'expiry' every fall is evidence_expired
-- (docs/explanation/validity.md). Two whole years with the same look-back only.
-- Other causes: type_changed (another type of the condition than before), death, entered (not seen a year before, or under age), left (known still,
-- but no residence in the country), moved (same stratum, another territory), same_evidence (an age passed, or a criterion that weighs more alone).
-- Years: compared_year
WITH placed AS (
  SELECT
    person_id,
    condition,
    year,
    territory_id,
    CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS stratum,
    status = 'diseased' AS is_diseased
  FROM person_stratum
),

earlier AS (
  SELECT placed.person_id, placed.condition, compared_year.year, placed.stratum, placed.is_diseased
  FROM placed
  INNER JOIN compared_year ON placed.year = compared_year.from_year
),

later AS (
  SELECT placed.person_id, placed.condition, compared_year.year, placed.stratum, placed.is_diseased
  FROM placed
  INNER JOIN compared_year ON placed.year = compared_year.year
),

paired AS (
  SELECT
    coalesce(earlier.person_id, later.person_id) AS person_id,
    coalesce(earlier.condition, later.condition) AS condition,
    coalesce(earlier.year, later.year) AS year,
    coalesce(earlier.stratum, 'none') AS from_stratum,
    later.stratum AS to_stratum,
    coalesce(earlier.is_diseased, FALSE) AS was_diseased,
    coalesce(later.is_diseased, FALSE) AS is_diseased
  FROM earlier
  FULL JOIN later ON earlier.person_id = later.person_id AND earlier.condition = later.condition AND earlier.year = later.year
  WHERE earlier.is_diseased OR later.is_diseased
),

described AS (
  SELECT
    paired.person_id,
    paired.condition,
    paired.year,
    compared_year.from_year,
    compared_year.from_date,
    compared_year.lookback_months,
    paired.from_stratum,
    paired.was_diseased,
    paired.is_diseased,
    coalesce(before.sex, after.sex) AS sex,
    coalesce(before.age_band, after.age_band) AS age_band,
    before.territory_id AS from_territory_id,
    after.territory_id,
    before.age_years IS NULL OR before.age_years < definition.age_min AS is_new_here,
    after.person_id IS NULL AS is_out_of_sight,
    definition.falls,
    CASE
      WHEN paired.to_stratum IS NOT NULL THEN paired.to_stratum
      WHEN person.death_date > compared_year.from_date AND person.death_date <= compared_year.index_date THEN 'dead'
      ELSE 'none'
    END AS to_stratum
  FROM paired
  INNER JOIN compared_year ON paired.year = compared_year.year
  INNER JOIN definition ON paired.condition = definition.condition
  INNER JOIN person ON paired.person_id = person.person_id
  LEFT JOIN person_state AS before ON paired.person_id = before.person_id AND compared_year.from_year = before.year
  LEFT JOIN person_state AS after ON paired.person_id = after.person_id AND paired.year = after.year
),

-- Those whose evidence must be read, with the rules to read it for: those of the higher of two strata, or of the population on the way in or out.
asked AS (
  SELECT
    person_id,
    condition,
    year,
    from_year,
    lookback_months,
    CASE WHEN was_diseased AND is_diseased THEN 'stratum' ELSE 'population' END AS purpose,
    CASE WHEN was_diseased AND is_diseased THEN greatest(from_stratum, to_stratum) END AS outcome
  FROM described
  WHERE from_stratum <> to_stratum AND to_stratum <> 'dead' AND NOT (is_new_here AND NOT was_diseased)
),

-- Each criterion of a rule of that purpose that held at one of the two dates: was it met then, is it met now?
member AS (
  SELECT DISTINCT
    asked.person_id,
    asked.condition,
    asked.year,
    asked.from_year,
    definition_member.criterion_no,
    coalesce(definition_criterion.months < asked.lookback_months, FALSE) AS has_own_window
  FROM asked
  INNER JOIN person_rule
    ON asked.person_id = person_rule.person_id
    AND asked.condition = person_rule.condition
    AND asked.purpose = person_rule.purpose
    AND person_rule.year IN (asked.from_year, asked.year)
    AND (asked.outcome IS NULL OR asked.outcome = person_rule.outcome)
  INNER JOIN definition_member
    ON person_rule.condition = definition_member.condition AND person_rule.rule_id = definition_member.rule_id
  INNER JOIN definition_criterion ON definition_member.criterion_no = definition_criterion.criterion_no
),

evidence AS (
  SELECT
    member.person_id,
    member.condition,
    member.year,
    count(*) FILTER (WHERE before.person_id IS NOT NULL AND after.person_id IS NULL) AS lost,
    count(*) FILTER (WHERE before.person_id IS NOT NULL AND after.person_id IS NULL AND NOT member.has_own_window) AS forgotten,
    count(*) FILTER (WHERE after.is_recent) AS gained,
    count(after.person_id) AS held
  FROM member
  LEFT JOIN person_criterion AS before
    ON member.person_id = before.person_id AND member.from_year = before.year AND member.criterion_no = before.criterion_no
  LEFT JOIN person_criterion AS after
    ON member.person_id = after.person_id AND member.year = after.year AND member.criterion_no = after.criterion_no
  GROUP BY member.person_id, member.condition, member.year
),

in_population AS (
  SELECT DISTINCT person_id, condition, year
  FROM person_rule
  WHERE
    purpose = 'population'
    AND year IN (SELECT year FROM compared_year UNION SELECT from_year FROM compared_year)
)

SELECT
  described.person_id,
  described.condition,
  described.year,
  described.from_stratum,
  described.to_stratum,
  described.from_territory_id,
  described.territory_id,
  described.sex,
  described.age_band,
  CASE
    WHEN described.to_stratum = 'dead' THEN 'death'
    WHEN described.from_stratum = described.to_stratum AND described.from_territory_id <> described.territory_id THEN 'moved'
    WHEN described.from_stratum = described.to_stratum THEN 'unchanged'
    WHEN described.is_new_here AND NOT described.was_diseased THEN 'entered'
    WHEN NOT described.is_diseased AND described.is_out_of_sight AND evidence.held > 0 THEN 'left'
    WHEN NOT described.was_diseased AND before.person_id IS NOT NULL THEN 'type_changed'
    WHEN NOT described.is_diseased AND after.person_id IS NOT NULL THEN 'type_changed'
    WHEN (described.to_stratum > described.from_stratum OR NOT described.was_diseased) AND described.is_diseased
      THEN CASE WHEN evidence.gained > 0 THEN 'new_evidence' ELSE 'same_evidence' END
    WHEN evidence.forgotten > 0 THEN 'evidence_expired'
    WHEN evidence.lost > 0 THEN CASE described.falls WHEN 'expiry' THEN 'evidence_expired' ELSE 'no_recent_event' END
    ELSE 'same_evidence'
  END AS cause
FROM described
LEFT JOIN evidence
  ON described.person_id = evidence.person_id AND described.condition = evidence.condition AND described.year = evidence.year
LEFT JOIN in_population AS before
  ON described.person_id = before.person_id AND described.condition = before.condition AND described.from_year = before.year
LEFT JOIN in_population AS after
  ON described.person_id = after.person_id AND described.condition = after.condition AND described.year = after.year
