-- Grain: one criterion in one rule.
SELECT
  definition_member.rule_id,
  definition_criterion.criterion_id,
  definition_criterion.label_fr,
  definition_criterion.label_en,
  definition_member.weight,
  definition_member.weight_alone,
  person_evidence.criterion_no IS NOT NULL AS is_met
FROM definition_member
INNER JOIN definition_criterion ON definition_member.criterion_no = definition_criterion.criterion_no
LEFT JOIN person_evidence ON definition_member.criterion_no = person_evidence.criterion_no
ORDER BY definition_member.rule_id, definition_member.criterion_no
