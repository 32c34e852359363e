-- Grain: one row per hospital x field of care x year.
-- How finely a hospital codes: associated diagnoses per stay read, and how often the extensions that the strata lean on are filled
-- (strata/tables/coding_marker.csv). A change of coding moves strata as a change of health would: it has to be seen beside them.
WITH marked_code AS (
  SELECT DISTINCT
    code_seen.code,
    coding_marker.marker,
    length(code_seen.code) >= coding_marker.position
    AND contains(coding_marker.filled, substr(code_seen.code, coding_marker.position, 1)) AS is_filled
  FROM code_seen
  INNER JOIN coding_marker ON starts_with(code_seen.code, coding_marker.prefix)
  WHERE code_seen.system = 'cim10'
),

marked AS (
  SELECT diagnosis.stay_id // 4294967296 AS slice_id, diagnosis.position, marked_code.marker, marked_code.is_filled
  FROM diagnosis
  LEFT JOIN marked_code ON diagnosis.code = marked_code.code
),

mention AS (
  SELECT
    slice_id,
    count(*) FILTER (WHERE position = 'das') AS das,
    count(*) FILTER (WHERE marker = 'insulin') AS diabetes_mentions,
    count(*) FILTER (WHERE marker = 'insulin' AND is_filled) AS insulin_filled,
    count(*) FILTER (WHERE marker = 'ejection_fraction') AS heart_failure_mentions,
    count(*) FILTER (WHERE marker = 'ejection_fraction' AND is_filled) AS ejection_fraction_filled
  FROM marked
  GROUP BY slice_id
),

volume AS (
  SELECT stay_id // 4294967296 AS slice_id, count(*) AS stays
  FROM stay
  WHERE NOT is_session
  GROUP BY stay_id // 4294967296
)

SELECT
  read_slice.finess,
  read_slice.field,
  read_slice.year,
  volume.stays,
  mention.das / NULLIF(volume.stays, 0)::DOUBLE AS das_per_stay,
  mention.diabetes_mentions,
  mention.insulin_filled / NULLIF(mention.diabetes_mentions, 0)::DOUBLE AS insulin_filled_share,
  mention.heart_failure_mentions,
  mention.ejection_fraction_filled / NULLIF(mention.heart_failure_mentions, 0)::DOUBLE AS ejection_fraction_filled_share
FROM mention
INNER JOIN read_slice ON mention.slice_id = read_slice.slice_id
INNER JOIN volume ON mention.slice_id = volume.slice_id
