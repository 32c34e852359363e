-- Grain: one accepted row of mco_stay, with its row of chaining (person, dates, codes) and of valuation (cost) when there is one.
-- NULL and 0 mean the same for a length of stay, a number of sessions and the type of automatic RSA: both forms then agree.
WITH chaining AS (
    SELECT finess, stay_number, pseudonym, entry_date, exit_date,
           concat(
               left(coalesce(nir_return, ' '), 1), left(coalesce(birth_date_return, ' '), 1), left(coalesce(sex_return, ' '), 1),
               left(coalesce(stay_id_return, ' '), 1), left(coalesce(fusion_hosp_return, ' '), 1),
               left(coalesce(fusion_pmsi_return, ' '), 1), left(coalesce(entry_date_return, ' '), 1),
               left(coalesce(birth_coherence_return, ' '), 1), left(coalesce(sex_coherence_return, ' '), 1)
           ) AS chaining_codes
    FROM sound_mco_chaining
)
SELECT k.group_no, k.line, 'mco' AS field, b.finess, b.exit_year AS year, b.stay_number, b.format_version,
       c.pseudonym, coalesce(c.chaining_codes, repeat(' ', 9)) AS chaining_codes, c.entry_date, c.exit_date, b.exit_month,
       b.entry_mode, b.entry_provenance, b.exit_mode, b.exit_destination,
       b.stay_type, coalesce(b.automatic_rsa, '0') AS automatic_rsa, b.sex_code, b.age_years, b.age_days, b.geo_code,
       b.ghm, b.ghs, coalesce(b.nights, 0) AS nights, coalesce(b.sessions, 0) AS sessions, b.exh_days, b.exb_kind, b.exb_tenths,
       b.supplement_hs, b.supplement_rea, b.supplement_si, b.supplement_stf, b.supplement_src,
       b.supplement_rep, b.supplement_nn1, b.supplement_nn2, b.supplement_nn3,
       b.dp, b.dr, b.unit_count, CAST(NULL AS VARCHAR) AS billable, v.valuation_code, v.cost_billed_eur,
       CAST(NULL AS VARCHAR) AS care_form, CAST(NULL AS SMALLINT) AS presence_days, CAST(NULL AS SMALLINT) AS presence_half_days,
       CAST(NULL AS BOOLEAN) AS is_unfinished, CAST(NULL AS DECIMAL(12, 2)) AS billing_base_eur,
       f.source_file, b.row_no AS source_line
FROM stay_key AS k
JOIN mco_stay AS b ON b.file_no = k.file_no AND b.row_no = k.row_no
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN chaining AS c ON c.finess = b.finess AND c.stay_number = b.stay_number
LEFT JOIN sound_mco_valuation AS v ON v.finess = b.finess AND v.stay_number = b.stay_number
