-- Grain: one accepted SMR stay: all the weeks of one stay number (RHA), with what the SSRHA says of it, its person and its billing.
-- A stay that goes on ends, for us, on the last day of the last month seen; age and sex are those of its first week, the
-- residence that of the last one that gives it. Days are those of the weeks of the file's year: earlier ones are in their own file.
-- Type of generation: 4 is medical like 0; the stay is automatic when all its weeks are.
-- A blank in the first or last week stays a blank (FILTER by rank, not the first value found).
WITH unit AS (
    SELECT w.finess, w.stay_number, w.format_version, w.age_years, w.age_days, w.sex_code, w.geo_code, w.automatic_rsa,
           w.entry_mode, w.entry_provenance, w.exit_mode, w.exit_destination,
           w.week_year AS end_year, w.week_month AS end_month, m.care_form,
           length(regexp_replace(concat(w.weekdays_present, w.weekend_days_present), '[^1]', '', 'g')) AS days,
           row_number() OVER (PARTITION BY w.finess, w.stay_number ORDER BY w.unit_number) AS unit_rank,
           count(*) OVER (PARTITION BY w.finess, w.stay_number) AS last_rank
    FROM sound_smr_week AS w
    LEFT JOIN care_form AS m ON m.field = 'smr' AND m.code = w.hospitalisation_type
),
stay AS (
    SELECT finess, stay_number, count(*) AS unit_count,
           max(format_version) FILTER (WHERE unit_rank = 1) AS format_version,
           max(age_years) FILTER (WHERE unit_rank = 1) AS age_years, max(age_days) FILTER (WHERE unit_rank = 1) AS age_days,
           max(sex_code) FILTER (WHERE unit_rank = 1) AS sex_code,
           arg_max(geo_code, unit_rank) FILTER (WHERE geo_code IS NOT NULL) AS geo_code,
           max(entry_mode) FILTER (WHERE unit_rank = 1) AS entry_mode,
           max(entry_provenance) FILTER (WHERE unit_rank = 1) AS entry_provenance,
           max(exit_mode) FILTER (WHERE unit_rank = last_rank) AS exit_mode,
           max(exit_destination) FILTER (WHERE unit_rank = last_rank) AS exit_destination,
           coalesce(min(replace(automatic_rsa, '4', '0')), '0') AS automatic_rsa,
           CASE WHEN bool_or(care_form = 'full') THEN 'full' WHEN bool_or(care_form = 'night') THEN 'night'
                WHEN bool_or(care_form = 'home') THEN 'home' WHEN bool_or(care_form = 'day') THEN 'day'
                WHEN bool_or(care_form = 'session') THEN 'session' END AS care_form,
           sum(days) FILTER (WHERE end_year = (SELECT year FROM file_year)) AS days,
           sum(days) FILTER (WHERE end_year = (SELECT year FROM file_year) AND care_form IN ('full', 'night')) AS nights,
           max(last_day(make_date(end_year, end_month, 1))) AS last_day_seen
    FROM unit
    GROUP BY finess, stay_number
),
chaining AS (
    SELECT finess, stay_number, pseudonym, entry_date, exit_date,
           concat(
               left(coalesce(nir_return, ' '), 1), left(coalesce(birth_date_return, ' '), 1), left(coalesce(sex_return, ' '), 1),
               left(coalesce(stay_id_return, ' '), 1), left(coalesce(fusion_hosp_return, ' '), 1),
               left(coalesce(fusion_pmsi_return, ' '), 1), left(coalesce(entry_date_return, ' '), 1),
               left(coalesce(birth_coherence_return, ' '), 1), left(coalesce(sex_coherence_return, ' '), 1)
           ) AS chaining_codes
    FROM sound_smr_chaining
),
ending AS (
    SELECT s.finess, s.stay_number, least(s.last_day_seen, make_date(y.year, 12, 31)) AS last_day_seen,
           coalesce(t.sequence_kind IN ('1', '2'), s.exit_mode IS NOT NULL) AS has_ended
    FROM stay AS s
    CROSS JOIN file_year AS y
    LEFT JOIN sound_smr_stay AS t ON t.finess = s.finess AND t.stay_number = s.stay_number
)
SELECT k.group_no, k.line, 'smr' AS field, s.finess, y.year, s.stay_number, s.format_version,
       c.pseudonym, coalesce(c.chaining_codes, repeat(' ', 9)) AS chaining_codes, c.entry_date,
       CASE WHEN e.has_ended THEN c.exit_date ELSE e.last_day_seen END AS exit_date,
       CAST(month(greatest(make_date(y.year, 1, 1), least(make_date(y.year, 12, 31),
           CASE WHEN e.has_ended THEN coalesce(c.exit_date, e.last_day_seen) ELSE e.last_day_seen END
       ))) AS SMALLINT) AS exit_month,
       coalesce(t.entry_mode, s.entry_mode) AS entry_mode, coalesce(t.entry_provenance, s.entry_provenance) AS entry_provenance,
       CASE WHEN e.has_ended THEN coalesce(t.exit_mode, s.exit_mode) END AS exit_mode,
       CASE WHEN e.has_ended THEN coalesce(t.exit_destination, s.exit_destination) END AS exit_destination,
       CAST(NULL AS VARCHAR) AS stay_type, s.automatic_rsa, s.sex_code, s.age_years, s.age_days, s.geo_code,
       CAST(NULL AS VARCHAR) AS ghm, CAST(NULL AS VARCHAR) AS ghs, CAST(least(coalesce(s.nights, 0), 32767) AS SMALLINT) AS nights,
       CAST(0 AS SMALLINT) AS sessions,
       CAST(NULL AS SMALLINT) AS exh_days, CAST(NULL AS VARCHAR) AS exb_kind, CAST(NULL AS SMALLINT) AS exb_tenths,
       CAST(NULL AS SMALLINT) AS supplement_hs, CAST(NULL AS SMALLINT) AS supplement_rea, CAST(NULL AS SMALLINT) AS supplement_si,
       CAST(NULL AS SMALLINT) AS supplement_stf, CAST(NULL AS SMALLINT) AS supplement_src, CAST(NULL AS SMALLINT) AS supplement_rep,
       CAST(NULL AS SMALLINT) AS supplement_nn1, CAST(NULL AS SMALLINT) AS supplement_nn2, CAST(NULL AS SMALLINT) AS supplement_nn3,
       CAST(NULL AS VARCHAR) AS dp, CAST(NULL AS VARCHAR) AS dr, CAST(s.unit_count AS SMALLINT) AS unit_count,
       CAST(NULL AS VARCHAR) AS billable, CAST(NULL AS VARCHAR) AS valuation_code, CAST(NULL AS DECIMAL(12, 2)) AS cost_billed_eur,
       s.care_form, CAST(least(coalesce(s.days, 0), 32767) AS SMALLINT) AS presence_days,
       CAST(NULL AS SMALLINT) AS presence_half_days,
       NOT e.has_ended AS is_unfinished, b.billing_base_eur, f.source_file, CAST(k.row_no AS INTEGER) AS source_line
FROM stay AS s
CROSS JOIN file_year AS y
JOIN ending AS e ON e.finess = s.finess AND e.stay_number = s.stay_number
JOIN stay_key AS k ON k.finess = s.finess AND k.stay_number = s.stay_number
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN sound_smr_stay AS t ON t.finess = s.finess AND t.stay_number = s.stay_number
LEFT JOIN chaining AS c ON c.finess = s.finess AND c.stay_number = s.stay_number
LEFT JOIN sound_smr_billing AS b ON b.finess = s.finess AND b.stay_number = s.stay_number
