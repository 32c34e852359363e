-- Grain: one accepted sequence (RPSA) of a PSY stay, ranked in the order of the stay.
SELECT 'psy' AS field, 'psy_sequence' AS raw_table, w.finess, w.stay_number,
       row_number() OVER (PARTITION BY w.finess, w.stay_number ORDER BY w.unit_number) AS unit_rank,
       count(*) OVER (PARTITION BY w.finess, w.stay_number) AS last_rank,
       w.format_version, w.age_years, w.age_days, w.sex_code, w.geo_code, w.automatic_rsa,
       w.entry_mode, w.entry_provenance, w.exit_mode, w.exit_destination, w.exit_mode IS NOT NULL AS says_exit,
       w.end_year, w.end_month, m.care_form, w.presence_days AS days, coalesce(w.presence_half_days, 0) AS half_days
FROM sound_psy_sequence AS w
LEFT JOIN care_form AS m ON m.field = 'psy' AND m.code = left(w.activity_form, 2)
