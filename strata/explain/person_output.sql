-- Grain: one person x condition x reporting year of person_stratum: the output contract of the clinical text, section 1.10.
-- A question for who reads the warehouse, never a table: nothing of the strata waits for it. reasons holds every criterion met, of any
-- rule; systems the organ systems, which are the criteria named organ_*; a reason expires on the day from which it no longer holds.
WITH reason AS (
  SELECT
    person_evidence.person_id,
    person_evidence.condition,
    person_evidence.year,
    list(
      {
        'criterion_id': definition_criterion.criterion_id,
        'events': person_evidence.events,
        'evidence_last_date': person_evidence.last_date,
        'evidence_expiry_date': person_evidence.expires_on
      }
      ORDER BY definition_criterion.criterion_no
    ) AS reasons,
    list(definition_criterion.criterion_id ORDER BY definition_criterion.criterion_no)
      FILTER (WHERE starts_with(definition_criterion.criterion_id, 'organ_')) AS systems
  FROM person_evidence
  INNER JOIN definition_criterion ON person_evidence.criterion_no = definition_criterion.criterion_no
  GROUP BY person_evidence.person_id, person_evidence.condition, person_evidence.year
)

SELECT
  person_stratum.person_id,
  person_stratum.condition,
  person_stratum.year,
  reporting_year.index_date,
  person_stratum.stratum,
  CASE person_stratum.status WHEN 'at_risk_strict' THEN 'strict' WHEN 'at_risk_extended' THEN 'extended' END AS at_risk_level,
  person_stratum.rule_id,
  coalesce(reason.reasons, []) AS reasons,
  coalesce(reason.systems, []) AS systems,
  person_type.person_type,
  person_stratum.definition_id,
  person_stratum.territory_id,
  reporting_year.lookback_years,
  method_term.position_policy,
  method_term.fields_included,
  method_term.geo_method,
  method_term.alive_method
FROM person_stratum
INNER JOIN reporting_year ON person_stratum.year = reporting_year.year
CROSS JOIN method_term
LEFT JOIN reason
  ON person_stratum.person_id = reason.person_id AND person_stratum.condition = reason.condition AND person_stratum.year = reason.year
LEFT JOIN person_type
  ON person_stratum.person_id = person_type.person_id AND person_stratum.condition = person_type.condition AND person_stratum.year = person_type.year
