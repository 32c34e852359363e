-- Grain: one accepted stay of a field whose stays come in parts: the weeks of SMR, the sub-sequences of HAD, the sequences of PSY.
-- <field>/part.sql gives the parts, <field>/summary.sql what the form says of the stay as a whole, which goes before what its parts say.
-- A stay that goes on ends, for us, on the last day of the last month seen; age and sex are those of its first part, the
-- residence that of the last one that gives it. Days are those of the parts of the file's year: earlier ones are in their own file.
-- A blank in the first or last part stays a blank (FILTER by rank, not the first value found).
WITH stay AS (
    SELECT field, raw_table, finess, stay_number, count(*) AS unit_count,
           max(format_version) FILTER (WHERE unit_rank = 1) AS format_version,
           max(age_years) FILTER (WHERE unit_rank = 1) AS age_years, max(age_days) FILTER (WHERE unit_rank = 1) AS age_days,
           max(sex_code) FILTER (WHERE unit_rank = 1) AS sex_code,
           arg_max(geo_code, unit_rank) FILTER (WHERE geo_code IS NOT NULL) AS geo_code,
           max(entry_mode) FILTER (WHERE unit_rank = 1) AS entry_mode,
           max(entry_provenance) FILTER (WHERE unit_rank = 1) AS entry_provenance,
           max(exit_mode) FILTER (WHERE unit_rank = last_rank) AS exit_mode,
           max(exit_destination) FILTER (WHERE unit_rank = last_rank) AS exit_destination,
           bool_or(says_exit) FILTER (WHERE unit_rank = last_rank) AS says_exit,
           coalesce(min(automatic_rsa), '0') AS automatic_rsa,
           CASE WHEN bool_or(care_form = 'full') THEN 'full' WHEN bool_or(care_form = 'night') THEN 'night'
                WHEN bool_or(care_form = 'home') THEN 'home' WHEN bool_or(care_form = 'day') THEN 'day'
                WHEN bool_or(care_form = 'session') THEN 'session' END AS care_form,
           sum(days) FILTER (WHERE end_year = (SELECT year FROM file_year)) AS days,
           sum(days) FILTER (WHERE end_year = (SELECT year FROM file_year) AND care_form IN ('full', 'night')) AS nights,
           CASE WHEN bool_or(half_days IS NOT NULL)
                THEN coalesce(sum(half_days) FILTER (WHERE end_year = (SELECT year FROM file_year)), 0) END AS half_days,
           max(last_day(make_date(end_year, end_month, 1))) AS last_day_seen
    FROM part
    GROUP BY field, raw_table, finess, stay_number
),
ending AS (
    SELECT s.finess, s.stay_number, least(s.last_day_seen, make_date(y.year, 12, 31)) AS last_day_seen,
           coalesce(t.has_ended, s.says_exit, false) AS has_ended
    FROM stay AS s
    CROSS JOIN file_year AS y
    LEFT JOIN summary AS t ON t.finess = s.finess AND t.stay_number = s.stay_number
)
SELECT k.group_no, k.line, s.field, s.finess, y.year, s.stay_number, s.format_version,
       c.pseudonym, coalesce(c.chaining_codes, repeat(' ', 9)) AS chaining_codes, c.entry_date,
       CASE WHEN e.has_ended THEN c.exit_date ELSE e.last_day_seen END AS exit_date,
       month(greatest(make_date(y.year, 1, 1), least(make_date(y.year, 12, 31),
           CASE WHEN e.has_ended THEN coalesce(c.exit_date, e.last_day_seen) ELSE e.last_day_seen END
       ))) AS exit_month,
       coalesce(t.entry_mode, s.entry_mode) AS entry_mode, coalesce(t.entry_provenance, s.entry_provenance) AS entry_provenance,
       CASE WHEN e.has_ended THEN coalesce(t.exit_mode, s.exit_mode) END AS exit_mode,
       CASE WHEN e.has_ended THEN coalesce(t.exit_destination, s.exit_destination) END AS exit_destination,
       s.automatic_rsa, s.sex_code, s.age_years, s.age_days, s.geo_code,
       least(coalesce(s.nights, 0), 32767) AS nights, 0 AS sessions, s.unit_count,
       s.care_form, least(coalesce(s.days, 0), 32767) AS presence_days,
       CASE WHEN s.half_days IS NOT NULL THEN least(s.half_days, 32767) END AS presence_half_days,
       NOT e.has_ended AS is_unfinished, b.billable, b.billing_base_eur, f.source_file, k.row_no AS source_line
FROM stay AS s
CROSS JOIN file_year AS y
JOIN ending AS e ON e.finess = s.finess AND e.stay_number = s.stay_number
JOIN stay_key AS k ON k.raw_table = s.raw_table AND k.finess = s.finess AND k.stay_number = s.stay_number
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN summary AS t ON t.finess = s.finess AND t.stay_number = s.stay_number
LEFT JOIN chaining AS c ON c.finess = s.finess AND c.stay_number = s.stay_number
LEFT JOIN sound_billing AS b ON b.finess = s.finess AND b.stay_number = s.stay_number
