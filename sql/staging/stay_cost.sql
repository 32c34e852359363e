-- Grain: one stay read.
-- The two cost bases. Billed: the reimbursement base the extract carries (MNT_TOT_BR), else the tariff of the stay's own year.
-- Standard: the national public tariff of one year, on which years and territories are compared. NULL when it cannot be known.
-- is_valued: VALO where the extract has it, else the same judgement from the RSA and ANO (GHM 90, service for another hospital,
-- GHS 9999, stay that health insurance does not pay).
SELECT
  read_stay.stay_id,
  CAST(coalesce(read_stay.cost_billed_eur, stay_value.own_year_eur) AS DECIMAL(12, 2)) AS cost_billed_eur,
  stay_value.standard_eur AS cost_standard_eur,
  CASE
    WHEN read_slice.form = 'snds' THEN coalesce(read_stay.valuation_code, '0') <> '0'
    ELSE coalesce(read_stay.ghm, '90') NOT LIKE '90%'
      AND coalesce(read_stay.stay_type, '') <> 'B'
      AND coalesce(read_stay.ghs, '9999') <> '9999'
      AND coalesce(read_stay.billable, '1') <> '0'
  END AS is_valued
FROM read_stay
INNER JOIN read_slice ON read_stay.slice_id = read_slice.slice_id
LEFT JOIN stay_value ON read_stay.stay_id = stay_value.stay_id
