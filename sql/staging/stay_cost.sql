-- Grain: one stay read.
-- The two cost bases. Billed: the reimbursement base the extract carries (MNT_TOT_BR), else the tariff of the stay's own year.
-- Standard: the national public tariff of one year, on which years and territories are compared. NULL when it cannot be known.
-- is_valued: VALO where the extract has it (1, 3, 4, 5; 0 is not valued, 2 pays the removal of organs only), else the same judgement
-- from the RSA and ANO (GHM 90, service for another hospital, GHS 9999, FACTAM 0 not payable, 3 rights awaited).
-- A year without the VALO table is judged as RSA are; in a year that has it, a stay without its row is not valued.
WITH year_with_valo AS (
  SELECT DISTINCT year FROM read_stay WHERE valuation_code IS NOT NULL
)

SELECT
  read_stay.stay_id,
  CAST(coalesce(read_stay.cost_billed_eur, stay_value.own_year_eur) AS DECIMAL(12, 2)) AS cost_billed_eur,
  stay_value.standard_eur AS cost_standard_eur,
  CASE
    WHEN read_slice.form = 'snds' AND year_with_valo.year IS NOT NULL THEN coalesce(read_stay.valuation_code, '0') IN ('1', '3', '4', '5')
    ELSE coalesce(read_stay.ghm, '90') NOT LIKE '90%'
      AND coalesce(read_stay.stay_type, '') <> 'B'
      AND coalesce(read_stay.ghs, '9999') <> '9999'
      AND coalesce(read_stay.billable, '1') NOT IN ('0', '3')
  END AS is_valued
FROM read_stay
INNER JOIN read_slice ON read_stay.slice_id = read_slice.slice_id
LEFT JOIN year_with_valo ON read_stay.year = year_with_valo.year
LEFT JOIN stay_value ON read_stay.stay_id = stay_value.stay_id
