-- Grain: one rule of the condition, the first to decide first.
-- score: what the criteria met add up to, as the engine counted it.
SELECT
  definition_rule.rule_id,
  definition_rule.label_fr,
  definition_rule.label_en,
  definition_rule.purpose,
  definition_rule.outcome,
  definition_rule.priority,
  definition_rule.min_score,
  definition_rule.age_min,
  CAST(coalesce(rule_score.score, 0) AS INTEGER) AS score,
  person_rule.rule_id IS NOT NULL AS is_held,
  person_stratum.rule_id IS NOT NULL AS is_deciding
FROM definition_rule
LEFT JOIN rule_score ON definition_rule.rule_id = rule_score.rule_id
LEFT JOIN person_rule ON definition_rule.rule_id = person_rule.rule_id
LEFT JOIN person_stratum ON definition_rule.rule_id = person_stratum.rule_id
ORDER BY definition_rule.priority
