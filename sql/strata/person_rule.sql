-- Grain: one person x condition x reporting year x rule that holds.
-- A rule holds when the criteria that the person meets make it hold (criteria_rule), and the person is of its age.
-- View: whoever asks for the rules of persons has them from their criteria; nothing on the way to the strata does.
WITH aged AS (
  SELECT
    person_criteria.person_id,
    condition_bit.condition,
    person_criteria.year,
    CAST((person_criteria.criteria >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria,
    person_residence.age_years
  FROM person_criteria
  INNER JOIN condition_bit ON person_criteria.block_no = condition_bit.block_no
  INNER JOIN person_residence ON person_criteria.person_id = person_residence.person_id AND person_criteria.year = person_residence.year
)

-- One question, that names both sides: an age compared by itself would be taken for a way to join every person with every rule.
SELECT
  aged.person_id,
  aged.condition,
  aged.year,
  criteria_rule.rule_id,
  criteria_rule.purpose,
  criteria_rule.outcome,
  criteria_rule.priority
FROM aged
INNER JOIN criteria_rule ON aged.condition = criteria_rule.condition AND aged.criteria = criteria_rule.criteria
WHERE CASE WHEN aged.criteria = criteria_rule.criteria THEN aged.age_years >= criteria_rule.age_min ELSE false END
