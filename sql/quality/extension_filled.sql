-- Grain: one row per hospital x field of care x year x marker, where its codes are mentioned.
-- How often the code extensions that strata lean on are filled (strata/tables/coding_marker.csv): a code cut short, or one that says
-- "not specified", places a person lower than a filled one would.
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

mention AS (
  SELECT
    diagnosis.stay_id // 4294967296 AS slice_id,
    marked_code.marker,
    count(*) AS mentions,
    count(*) FILTER (WHERE marked_code.is_filled) AS filled
  FROM diagnosis
  INNER JOIN marked_code ON diagnosis.code = marked_code.code
  GROUP BY diagnosis.stay_id // 4294967296, marked_code.marker
)

SELECT
  read_slice.finess,
  read_slice.field,
  read_slice.year,
  mention.marker,
  mention.mentions,
  mention.filled / NULLIF(mention.mentions, 0)::DOUBLE AS filled_share
FROM mention
INNER JOIN read_slice ON mention.slice_id = read_slice.slice_id
