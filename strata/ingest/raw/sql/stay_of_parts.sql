-- Grain: one accepted stay of a field whose stays come in parts: the weeks of SMR, the sub-sequences of HAD, the sequences of PSY.
-- whole_stay.sql gives what its parts say, <field>/summary.sql what the form says of the stay as a whole, which goes before.
-- A stay that goes on ends, for us, on the last day of the last month seen.
WITH ending AS (
    SELECT s.finess, s.stay_number, least(s.last_day_seen, make_date(y.year, 12, 31)) AS last_day_seen,
           coalesce(t.has_ended, s.says_exit, false) AS has_ended
    FROM whole_stay AS s
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
FROM whole_stay AS s
CROSS JOIN file_year AS y
JOIN ending AS e ON e.finess = s.finess AND e.stay_number = s.stay_number
JOIN stay_key AS k ON k.raw_table = s.raw_table AND k.finess = s.finess AND k.stay_number = s.stay_number
JOIN source AS f ON f.file_no = k.file_no
LEFT JOIN summary AS t ON t.finess = s.finess AND t.stay_number = s.stay_number
LEFT JOIN chaining AS c ON c.finess = s.finess AND c.stay_number = s.stay_number
LEFT JOIN sound_billing AS b ON b.finess = s.finess AND b.stay_number = s.stay_number
