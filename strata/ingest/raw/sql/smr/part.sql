-- Grain: one accepted week (RHA) of an SMR stay, ranked in the order of the stay.
-- Type of generation: 4 is medical like 0; the stay is automatic when all its weeks are.
SELECT 'smr' AS field, 'smr_week' AS raw_table, w.finess, w.stay_number,
       row_number() OVER (PARTITION BY w.finess, w.stay_number ORDER BY w.unit_number) AS unit_rank,
       count(*) OVER (PARTITION BY w.finess, w.stay_number) AS last_rank,
       w.format_version, w.age_years, w.age_days, w.sex_code, w.geo_code, replace(w.automatic_rsa, '4', '0') AS automatic_rsa,
       w.entry_mode, w.entry_provenance, w.exit_mode, w.exit_destination, w.exit_mode IS NOT NULL AS says_exit,
       w.week_year AS end_year, w.week_month AS end_month, m.care_form,
       length(regexp_replace(concat(w.weekdays_present, w.weekend_days_present), '[^1]', '', 'g')) AS days,
       CAST(NULL AS SMALLINT) AS half_days
FROM sound_smr_week AS w
LEFT JOIN care_form AS m ON m.field = 'smr' AND m.code = w.hospitalisation_type
