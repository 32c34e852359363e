-- Grain: one row for the warehouse.
-- Every line read is accounted for, and every row read belongs to a stay held: counts that must be zero, and the share of lines set aside.
-- unheld_lines: lines accepted of the files that make stays, against the stays held (MCO) or the units held (weeks, sequences, RUM of a grouped
-- RSS), by hospital, field and year; two mistakes do not make up for each other.
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
  SELECT
    CAST(coalesce(sum(slice_held.stays), 0) AS BIGINT) AS stays,
    CAST(coalesce(sum(slice_held.stays) FILTER (WHERE read_slice.slice_id IS NULL), 0) AS BIGINT) AS stays_without_slice,
    CAST(coalesce(sum(slice_held.diagnoses_without_stay), 0) AS BIGINT) AS diagnoses_without_stay
  FROM slice_held
  LEFT JOIN read_slice ON slice_held.slice_id = read_slice.slice_id
),
line_accepted AS (
  SELECT
    read_slice.slice_id,
    bool_or(read_slice.field = 'mco' AND read_file.family <> 'mco_rum') AS is_by_stay,
    sum(read_slice_file.accepted) AS lines
  FROM read_slice
  INNER JOIN read_slice_file ON read_slice.slice_id = read_slice_file.slice_id
  INNER JOIN read_file
    ON read_slice_file.source_file = read_file.source_file AND read_slice_file.sha256 = read_file.sha256
  WHERE
    read_file.family IN (
      'mco_rsa', 'mco_rum', 'smr_rha', 'had_rapss', 'psy_rpsa', 'psy_r3a',
      'T_MCOaaB', 'T_SSRaaB', 'T_HADaaB', 'T_RIPaaRSA', 'T_RIPaaR3A'
    )
  GROUP BY read_slice.slice_id
),
line_unheld AS (
  SELECT
    coalesce(
      sum(
        abs(
          coalesce(line_accepted.lines, 0)
          - CASE WHEN coalesce(line_accepted.is_by_stay, true) THEN coalesce(slice_held.stays, 0) ELSE coalesce(slice_held.units, 0) END
        )
      ),
      0
    ) AS lines
  FROM line_accepted
  FULL JOIN slice_held ON line_accepted.slice_id = slice_held.slice_id
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
  line_unheld.lines AS unheld_lines,
  stay_held.diagnoses_without_stay
FROM file
CROSS JOIN stay_held
CROSS JOIN line_unheld
