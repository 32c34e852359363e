-- Grain: one stay read x one filter it meets.
-- A filter does not delete a stay: it says for which use the stay does not count (strata/tables/stay_filter.csv). One UNION branch per filter.
-- What speaks of GHM, GHS, VALO or services between hospitals is MCO's; its counterparts read the groups of the other fields: a stay is in
-- error when all of its parts are.
-- Slices: stay_id
WITH group_error AS (
  SELECT
    stay_id,
    bool_and(group_code LIKE '90%') AS is_gme_error,
    bool_and(group_code LIKE '99%') AS is_ghpc_error
  FROM read_group
  GROUP BY stay_id
)

SELECT read_stay.stay_id, 'field_not_included' AS reason
FROM read_stay
CROSS JOIN setting
WHERE setting.fields NOT LIKE '%' || read_stay.field || '%'
UNION ALL
SELECT read_stay.stay_id, 'geographic_duplicate' AS reason
FROM read_stay
INNER JOIN duplicate_finess ON read_stay.finess = duplicate_finess.finess AND read_stay.year <= duplicate_finess.until_year
UNION ALL
SELECT stay_id, 'ghm_error' AS reason FROM read_stay WHERE field = 'mco' AND (ghm LIKE '90%' OR ghm IS NULL)
UNION ALL
SELECT read_stay.stay_id, 'gme_error' AS reason
FROM read_stay
INNER JOIN group_error ON read_stay.stay_id = group_error.stay_id
WHERE read_stay.field = 'smr' AND group_error.is_gme_error
UNION ALL
SELECT read_stay.stay_id, 'ghpc_error' AS reason
FROM read_stay
INNER JOIN group_error ON read_stay.stay_id = group_error.stay_id
WHERE read_stay.field = 'had' AND group_error.is_ghpc_error
UNION ALL
SELECT
  stay_id,
  CASE field WHEN 'smr' THEN 'automatic_rha' WHEN 'psy' THEN 'automatic_rpsa' ELSE 'automatic_rsa' END AS reason
FROM read_stay
WHERE automatic_rsa <> '0' AND field <> 'had'
UNION ALL
SELECT read_stay.stay_id, 'inter_hospital_service' AS reason
FROM read_stay
CROSS JOIN setting
WHERE
  read_stay.field = 'mco'
  AND CASE setting.pie_rule
    WHEN 'a' THEN read_stay.entry_mode = '0' OR read_stay.exit_mode = '0'
    WHEN 'b' THEN read_stay.stay_type = 'B'
    ELSE read_stay.stay_type = 'B' AND NOT (read_stay.ghm LIKE '28%' AND substr(read_stay.ghm, 1, 6) NOT IN ('28Z14Z', '28Z15Z', '28Z16Z'))
  END
UNION ALL
SELECT stay_id, 'session' AS reason FROM stay_trait WHERE is_session
UNION ALL
SELECT stay_id, 'ambulatory_contact' AS reason FROM stay_trait WHERE is_contact
UNION ALL
SELECT stay_id, 'unfinished' AS reason FROM read_stay WHERE is_unfinished
UNION ALL
SELECT stay_id, 'not_reimbursed' AS reason FROM read_stay WHERE ghs = '9999'
UNION ALL
SELECT stay_id, 'not_valued' AS reason FROM stay_cost WHERE NOT is_valued
UNION ALL
SELECT stay_id, 'zero_cost' AS reason FROM stay_cost WHERE field = 'mco' AND is_valued AND coalesce(cost_billed_eur, 0) = 0
UNION ALL
SELECT stay_id, 'no_cost_basis' AS reason FROM read_stay WHERE field = 'psy'
UNION ALL
SELECT stay_id, 'no_billed_cost' AS reason FROM stay_cost WHERE field IN ('smr', 'had') AND is_valued AND cost_billed_eur IS NULL
UNION ALL
SELECT
  stay_cost.stay_id,
  CASE WHEN coalesce(smr_value.is_outside_zone, false) THEN 'gmt_outside_zone' ELSE 'no_tariff' END AS reason
FROM stay_cost
LEFT JOIN smr_value ON stay_cost.stay_id = smr_value.stay_id
WHERE stay_cost.field <> 'psy' AND stay_cost.is_valued AND stay_cost.cost_standard_eur IS NULL
UNION ALL
SELECT stay_id, 'unlinkable_abortion' AS reason FROM read_stay WHERE field = 'mco' AND ghm = '14Z08Z'
UNION ALL
SELECT stay_id, 'chaining_error' AS reason FROM read_stay WHERE chaining_codes <> '000000000' AND pseudonym_status <> 'missing'
UNION ALL
SELECT stay_id, 'no_pseudonym' AS reason FROM read_stay WHERE pseudonym_status = 'missing'
UNION ALL
SELECT stay_id, 'placeholder_pseudonym' AS reason FROM read_stay WHERE pseudonym_status = 'placeholder'
UNION ALL
SELECT read_stay.stay_id, 'twin_pseudonym' AS reason
FROM read_stay
INNER JOIN person_identity ON read_stay.person_id = person_identity.read_person_id
WHERE person_identity.is_ambiguous
UNION ALL
SELECT stay_id, 'no_dates' AS reason FROM read_stay WHERE entry_date IS NULL OR exit_date IS NULL
UNION ALL
SELECT stay_id, 'residence_abroad_or_unknown' AS reason FROM read_stay WHERE geo_code IS NULL OR geo_code LIKE '99%'
