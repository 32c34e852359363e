-- Grain: one stay read.
-- The two cost bases of every field of care. Billed: the reimbursement base the extract carries (MNT_TOT_BR, the invoices of a private
-- hospital), else the tariff of the stay's own year: the public one, or the private one where the hospital is known to be private.
-- Standard: the national public tariff of one year, public and private alike, on which years and territories are compared.
-- NULL when it cannot be known; always NULL in psychiatry, which has no activity tariff.
-- is_valued, in MCO: VALO where the extract has it (1, 3, 4, 5; 0 is not valued, 2 pays the removal of organs only), else the same
-- judgement from the RSA and ANO (GHM 90, service for another hospital, GHS 9999, FACTAM 0 not payable, 3 rights awaited). A session
-- rendered for another hospital is valued all the same, but for a few (strata/tables/unvalued_session.csv).
-- A year without the VALO table is judged as RSA are; in a year that has it, a stay of a public hospital without its row is not valued.
-- Elsewhere only FACTAM speaks. A private hospital-year: SNDS stays with amounts (invoices) and none with a VALO code.
-- Slices: stay_id
WITH private_slice AS (
  SELECT read_stay.slice_id
  FROM read_stay
  INNER JOIN read_slice ON read_stay.slice_id = read_slice.slice_id
  WHERE read_slice.form = 'snds' AND read_slice.field = 'mco'
  GROUP BY read_stay.slice_id
  HAVING count(read_stay.valuation_code) = 0 AND count(read_stay.cost_billed_eur) > 0
),

worth AS (
  SELECT stay_id, own_year_eur, own_year_private_eur, standard_eur FROM stay_value
  UNION ALL
  SELECT stay_id, own_year_eur, CAST(NULL AS DECIMAL(12, 2)) AS own_year_private_eur, standard_eur FROM smr_value
  UNION ALL
  SELECT stay_id, own_year_eur, CAST(NULL AS DECIMAL(12, 2)) AS own_year_private_eur, standard_eur FROM had_value
)

SELECT
  read_stay.stay_id,
  read_stay.field,
  CAST(
    CASE
      WHEN read_stay.field = 'psy' THEN NULL
      WHEN private_slice.slice_id IS NULL THEN coalesce(read_stay.cost_billed_eur, worth.own_year_eur)
      ELSE coalesce(read_stay.cost_billed_eur, worth.own_year_private_eur)
    END AS DECIMAL(12, 2)
  ) AS cost_billed_eur,
  worth.standard_eur AS cost_standard_eur,
  CASE
    WHEN read_stay.field <> 'mco' THEN coalesce(read_stay.billable, '1') NOT IN ('0', '3')
    WHEN read_slice.form = 'snds' AND valued_year.year IS NOT NULL AND private_slice.slice_id IS NULL
      THEN coalesce(read_stay.valuation_code, '0') IN ('1', '3', '4', '5')
    ELSE coalesce(read_stay.ghm, '90') NOT LIKE '90%'
      AND (
        coalesce(read_stay.stay_type, '') <> 'B'
        OR (read_stay.ghm LIKE '28%' AND unvalued_session.ghm_root IS NULL)
      )
      AND coalesce(read_stay.ghs, '9999') <> '9999'
      AND coalesce(read_stay.billable, '1') NOT IN ('0', '3')
  END AS is_valued
FROM read_stay
INNER JOIN read_slice ON read_stay.slice_id = read_slice.slice_id
LEFT JOIN valued_year ON read_stay.year = valued_year.year
LEFT JOIN private_slice ON read_stay.slice_id = private_slice.slice_id
LEFT JOIN worth ON read_stay.stay_id = worth.stay_id
LEFT JOIN unvalued_session ON substr(read_stay.ghm, 1, 5) = unvalued_session.ghm_root
