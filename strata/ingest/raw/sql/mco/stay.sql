-- Grain: one accepted row of mco_stay, with its row of chaining (person, dates, codes) and of valuation (cost) when there is one.
-- A stay without a row of valuation (private hospitals) costs the sum of its invoice lines, reversals deducted; valuation_code stays NULL.
-- The lines are in cents where the invoices add up to a hundred times less (PH_BRM of T_MCOaaFA has decimals, REM_BAS of T_MCOaaFB has none).
-- NULL and 0 mean the same for a length of stay, a number of sessions and the type of automatic RSA: both forms then agree.
WITH invoice_line AS (
    SELECT finess, stay_number, invoice_number, sum(base) AS base
    FROM sound_mco_invoice
    WHERE coalesce(line_kind, 'B') = 'B'
    GROUP BY finess, stay_number, invoice_number
),
invoice_unit AS (
    SELECT CASE WHEN sum(i.base) BETWEEN 90 * sum(t.base_eur) AND 110 * sum(t.base_eur) THEN 100 ELSE 1 END AS per_eur
    FROM invoice_line AS i
    JOIN sound_mco_invoice_total AS t
      ON t.finess = i.finess AND t.stay_number = i.stay_number AND t.invoice_number = i.invoice_number
    WHERE t.base_eur > 0 AND i.base > 0
),
invoiced AS (
    SELECT i.finess, i.stay_number, CAST(sum(i.base) / NULLIF(u.per_eur, 0) AS DECIMAL(12, 2)) AS cost_billed_eur
    FROM invoice_line AS i
    CROSS JOIN invoice_unit AS u
    GROUP BY i.finess, i.stay_number, u.per_eur
    HAVING sum(i.base) > 0
)
SELECT k.group_no, k.line, 'mco' AS field, b.finess, b.exit_year AS year, b.stay_number, b.format_version,
       c.pseudonym, coalesce(c.chaining_codes, repeat(' ', 9)) AS chaining_codes, c.entry_date, c.exit_date, b.exit_month,
       b.entry_mode, b.entry_provenance, b.exit_mode, b.exit_destination,
       b.stay_type, coalesce(b.automatic_rsa, '0') AS automatic_rsa, b.sex_code, b.age_years, b.age_days, b.geo_code,
       b.ghm, b.ghs, coalesce(b.nights, 0) AS nights, coalesce(b.sessions, 0) AS sessions, b.exh_days, b.exb_kind, b.exb_tenths,
       b.supplement_hs, b.supplement_rea, b.supplement_si, b.supplement_stf, b.supplement_src,
       b.supplement_rep, b.supplement_nn1, b.supplement_nn2, b.supplement_nn3,
       b.dp, b.dr, b.unit_count, v.valuation_code,
       CASE WHEN v.stay_number IS NULL THEN i.cost_billed_eur ELSE v.cost_billed_eur END AS cost_billed_eur,
       t.billing_base_eur, f.source_file, b.row_no AS source_line
FROM stay_key AS k
JOIN mco_stay AS b ON b.file_no = k.file_no AND b.row_no = k.row_no
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN chaining AS c ON c.finess = b.finess AND c.stay_number = b.stay_number
LEFT JOIN sound_mco_valuation AS v ON v.finess = b.finess AND v.stay_number = b.stay_number
LEFT JOIN sound_mco_billing AS t ON t.finess = b.finess AND t.stay_number = b.stay_number
LEFT JOIN invoiced AS i ON i.finess = b.finess AND i.stay_number = b.stay_number
