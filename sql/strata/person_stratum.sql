-- Grain: one person x condition x reporting year with a status: alive at the index date, adult, resident.
-- What was decided (person_status) under its names. status: diseased, at_risk_strict or at_risk_extended; stratum: 1 to 4, 0 at risk.
-- rule_id is the deciding rule. A person at strict risk has one row, strict.
-- View: a text costs twice what a number does to write; one more question to read.
SELECT
  person_status.person_id,
  status_rule.condition,
  person_status.year,
  status_rule.stratum,
  status_rule.status,
  status_rule.definition_id,
  residence_place.territory_id,
  status_rule.rule_id
FROM person_status
INNER JOIN status_rule ON person_status.status_no = status_rule.status_no
INNER JOIN residence_place ON person_status.geo_no = residence_place.geo_no
