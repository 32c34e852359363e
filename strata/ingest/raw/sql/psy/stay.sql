-- Grain: one accepted ambulatory act (R3A). The stays of PSY come in parts (part.sql).
-- An act has no row of chaining: it takes the person of the stays the same patient had in the same hospital, when there is but one.
SELECT k.group_no, k.line, 'psy' AS field, a.finess, y.year, a.stay_number, a.format_version,
       p.pseudonym, coalesce(p.chaining_codes, repeat(' ', 9)) AS chaining_codes,
       coalesce(a.contact_date, last_day(make_date(a.year, a.month, 1))) AS entry_date,
       coalesce(a.contact_date, last_day(make_date(a.year, a.month, 1))) AS exit_date, a.month AS exit_month,
       '0' AS automatic_rsa, a.sex_code, a.age_years, a.age_days, a.geo_code, 0 AS nights, 0 AS sessions, 1 AS unit_count,
       'contact' AS care_form, 0 AS presence_days, 0 AS presence_half_days, false AS is_unfinished,
       f.source_file, k.row_no AS source_line
FROM sound_psy_contact AS a
CROSS JOIN file_year AS y
JOIN stay_key AS k ON k.raw_table = 'psy_contact' AND k.file_no = a.file_no AND k.row_no = a.row_no
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN patient AS p ON p.finess = a.finess AND p.ipp_hash = a.ipp_hash
