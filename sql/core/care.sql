-- Grain: one person x day of care x act, test, drug or service x speciality: what remains once reversals are taken off.
-- A reversal is a line with a negative quantity: quantities and bases are added with their sign. Quantity 0 with euros: a supplement of
-- a visit; below 0: the reversal of care that no flow held has brought. Who counts care takes quantity > 0; who adds euros takes all.
-- Filters act per use (care_filter): a line may count for euros and not for a quantity.
WITH refusal AS (
  SELECT
    care_rejection.expense_qualifier,
    care_rejection.expense_qualifier_sent,
    care_rejection.taa_indicator,
    care_rejection.supplement_top,
    bool_or(care_filter.from_quantities) AS from_quantities,
    bool_or(care_filter.from_costs) AS from_costs
  FROM care_rejection
  INNER JOIN care_filter ON care_rejection.reason = care_filter.reason
  GROUP BY
    care_rejection.expense_qualifier, care_rejection.expense_qualifier_sent, care_rejection.taa_indicator, care_rejection.supplement_top
),

judged AS (
  SELECT
    coalesce(person_identity.person_id, read_care.person_id) AS person_id,
    read_care.care_date,
    read_care.system,
    read_care.code,
    read_care.activity,
    read_care.service,
    read_care.speciality,
    read_care.profession,
    CASE WHEN coalesce(refusal.from_quantities, false) THEN 0 ELSE read_care.quantity END AS quantity,
    CASE WHEN coalesce(refusal.from_costs, false) THEN 0 ELSE coalesce(read_care.base_eur, 0) END AS base_eur
  FROM read_care
  LEFT JOIN person_identity ON read_care.person_id = person_identity.read_person_id
  LEFT JOIN refusal
    ON read_care.expense_qualifier IS NOT DISTINCT FROM refusal.expense_qualifier
    AND read_care.expense_qualifier_sent IS NOT DISTINCT FROM refusal.expense_qualifier_sent
    AND read_care.taa_indicator IS NOT DISTINCT FROM refusal.taa_indicator
    AND read_care.supplement_top IS NOT DISTINCT FROM refusal.supplement_top
  WHERE read_care.person_id IS NOT NULL AND NOT coalesce(person_identity.is_ambiguous, false)
)

SELECT
  person_id,
  care_date,
  system,
  code,
  activity,
  service,
  speciality,
  profession,
  CAST(sum(quantity) AS INTEGER) AS quantity,
  CAST(sum(base_eur) AS DECIMAL(14, 2)) AS base_eur
FROM judged
GROUP BY person_id, care_date, system, code, activity, service, speciality, profession
HAVING sum(quantity) <> 0 OR sum(base_eur) <> 0
