-- Grain: one person x condition x reporting year x criterion met.
-- Which criteria, without their reasons: for who does not ask how many and when (person_evidence).
-- View: the criteria of a person are kept as one number (person_criteria).
SELECT
  person_criteria.person_id,
  criterion_bit.condition,
  person_criteria.year,
  definition_criterion.criterion_id,
  criterion_bit.criterion_no
FROM person_criteria
INNER JOIN criterion_bit
  ON person_criteria.block_no = criterion_bit.block_no
  AND (person_criteria.criteria & (CAST(criterion_bit.bit AS HUGEINT) << criterion_bit.block_shift)) <> 0
INNER JOIN definition_criterion ON criterion_bit.criterion_no = definition_criterion.criterion_no
