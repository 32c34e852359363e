-- Grain: one accepted sub-sequence (RAPSS) of a HAD stay, ranked in the order of the stay.
-- The stay has ended when one of its sub-sequences gives a year of exit.
SELECT 'had' AS field, 'had_period' AS raw_table, finess, stay_number,
       row_number() OVER (PARTITION BY finess, stay_number ORDER BY sequence_number, unit_number) AS unit_rank,
       count(*) OVER (PARTITION BY finess, stay_number) AS last_rank,
       format_version, age_years, age_days, sex_code, geo_code, '0' AS automatic_rsa,
       entry_mode, entry_provenance, exit_mode, exit_destination,
       max(nullif(exit_year, 0)) OVER (PARTITION BY finess, stay_number) IS NOT NULL AS says_exit,
       end_year, end_month, 'home' AS care_form, days, CAST(NULL AS SMALLINT) AS half_days
FROM sound_had_period
