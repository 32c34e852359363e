-- Grain: one person x condition x reporting year x rule that holds.
-- A rule holds when the weights of its criteria met reach its score. A criterion met alone may weigh otherwise (weight_alone).
-- Rules are added up by number, and named once they are few.
-- Buckets: person_id
-- Years: person_evidence person_state
WITH numbered AS (
  SELECT
    condition,
    rule_id,
    purpose,
    outcome,
    priority,
    min_score,
    age_min,
    CAST(row_number() OVER (ORDER BY condition, rule_id) AS SMALLINT) AS rule_no
  FROM definition_rule
),

member AS (
  SELECT
    definition_member.criterion_no,
    numbered.rule_no,
    definition_member.weight,
    definition_member.weight_alone,
    count(*) OVER (PARTITION BY numbered.rule_no) AS members
  FROM definition_member
  INNER JOIN numbered ON definition_member.condition = numbered.condition AND definition_member.rule_id = numbered.rule_id
),

-- A rule of one criterion, the most frequent kind, has nothing to add up.
added AS (
  SELECT
    person_evidence.person_id,
    person_evidence.year,
    member.rule_no,
    member.weight_alone AS score
  FROM person_evidence
  INNER JOIN member ON person_evidence.criterion_no = member.criterion_no
  WHERE member.members = 1
  UNION ALL
  SELECT
    person_evidence.person_id,
    person_evidence.year,
    member.rule_no,
    CASE WHEN count(*) = 1 THEN max(member.weight_alone) ELSE sum(member.weight) END AS score
  FROM person_evidence
  INNER JOIN member ON person_evidence.criterion_no = member.criterion_no
  WHERE member.members > 1
  GROUP BY person_evidence.person_id, person_evidence.year, member.rule_no
),

scored AS (
  SELECT
    added.person_id,
    added.year,
    added.score,
    numbered.condition,
    numbered.rule_id,
    numbered.purpose,
    numbered.outcome,
    numbered.priority,
    numbered.min_score,
    numbered.age_min
  FROM added
  INNER JOIN numbered ON added.rule_no = numbered.rule_no
)

-- One question, not two: an age compared by itself would be taken for a way to join every person with every rule.
SELECT
  scored.person_id,
  scored.condition,
  scored.year,
  scored.rule_id,
  scored.purpose,
  scored.outcome,
  scored.priority
FROM scored
INNER JOIN person_state ON scored.person_id = person_state.person_id AND scored.year = person_state.year
WHERE CASE WHEN scored.score >= scored.min_score THEN person_state.age_years >= scored.age_min ELSE false END
