-- Grain: one row per filter x year of care.
-- Lines of ambulatory care that a filter concerns (a line may meet several), the persons behind them and their euros: nothing is set
-- aside in silence. no_person: lines without a usable pseudonym; twin_pseudonym: lines of a pseudonym that twins share.
WITH met AS (
  SELECT
    care_rejection.reason,
    read_care.care_date,
    read_care.person_id,
    read_care.quantity,
    read_care.base_eur
  FROM read_care
  INNER JOIN care_rejection
    ON read_care.expense_qualifier IS NOT DISTINCT FROM care_rejection.expense_qualifier
    AND read_care.expense_qualifier_sent IS NOT DISTINCT FROM care_rejection.expense_qualifier_sent
    AND read_care.taa_indicator IS NOT DISTINCT FROM care_rejection.taa_indicator
    AND read_care.supplement_top IS NOT DISTINCT FROM care_rejection.supplement_top
  UNION ALL
  SELECT 'no_person' AS reason, care_date, person_id, quantity, base_eur
  FROM read_care
  WHERE person_id IS NULL
  UNION ALL
  SELECT 'twin_pseudonym' AS reason, read_care.care_date, read_care.person_id, read_care.quantity, read_care.base_eur
  FROM read_care
  INNER JOIN person_identity ON read_care.person_id = person_identity.read_person_id
  WHERE person_identity.is_ambiguous
)

SELECT
  reason,
  extract(YEAR FROM care_date) AS year,
  count(*) AS lines,
  count(DISTINCT person_id) AS persons,
  sum(quantity) AS quantity,
  coalesce(sum(base_eur), 0) AS base_eur
FROM met
GROUP BY reason, extract(YEAR FROM care_date)
