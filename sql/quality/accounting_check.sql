-- Grain: one row for the warehouse.
-- Every line read is accounted for, and every row read belongs to a stay held: counts that must be zero, and the share of lines set aside.
-- The share leaves VID-HOSP out: its lines are set aside for what they say of a person (the chaining check judges that), not for their form.
-- A file already in under another name, older than what is held, or that another one says better, is not refused: there is nothing to mend.
WITH file AS (
  SELECT
    count(*) AS files,
    count(*) FILTER (WHERE lines <> accepted + quarantined + refused) AS unaccounted_files,
    count(*) FILTER (WHERE reason IS NOT NULL AND reason NOT IN ('already_in', 'superseded', 'rss_beside_rsa', 'named_by_ano')) AS refused_files,
    coalesce(sum(lines), 0) AS lines,
    coalesce(sum(quarantined), 0) AS quarantined_lines,
    coalesce(sum(lines) FILTER (WHERE family <> 'vid_hosp'), 0) AS judged_lines,
    coalesce(sum(quarantined) FILTER (WHERE family <> 'vid_hosp'), 0) AS judged_quarantined_lines
  FROM read_file
),
stay_held AS (
  SELECT count(*) AS stays, count(*) FILTER (WHERE read_slice.slice_id IS NULL) AS stays_without_slice
  FROM read_stay
  LEFT JOIN read_slice ON read_slice.slice_id = read_stay.slice_id
),
diagnosis_held AS (
  SELECT count(*) AS diagnoses_without_stay
  FROM read_diagnosis
  LEFT JOIN read_stay ON read_stay.stay_id = read_diagnosis.stay_id
  WHERE read_stay.stay_id IS NULL
)
SELECT
  file.files,
  file.unaccounted_files,
  file.refused_files,
  file.lines,
  file.quarantined_lines,
  coalesce(file.judged_quarantined_lines / NULLIF(file.judged_lines, 0)::DOUBLE, 0) AS quarantined_share,
  stay_held.stays,
  stay_held.stays_without_slice,
  diagnosis_held.diagnoses_without_stay
FROM file
CROSS JOIN stay_held
CROSS JOIN diagnosis_held
