-- Grain: one accepted stay of a field whose stays come in parts, as its parts (part.sql) say it.
-- Age and sex are those of its first part, the residence that of the last one that gives it. Days are those of the parts of the file's
-- year: earlier ones are in their own file. A blank in the first or last part stays a blank (FILTER by rank, not the first value found).
-- A table of its own, before stay_of_parts.sql: the sums and the joins of a large set then take memory one after the other.
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
