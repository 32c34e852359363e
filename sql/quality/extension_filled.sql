-- Grain: one row per hospital x field of care x year x marker, where its codes are mentioned.
-- How often the code extensions that strata lean on are filled (strata/tables/coding_marker.csv): a code cut short, or one that says
-- "not specified", places a person lower than a filled one would.
WITH marked AS (
  SELECT DISTINCT
    code_mention.slice_id,
    code_mention.code,
    coding_marker.marker,
    code_mention.mentions,
    length(code_mention.code) >= coding_marker.position
    AND contains(coding_marker.filled, substr(code_mention.code, coding_marker.position, 1)) AS is_filled
  FROM code_mention
  INNER JOIN coding_marker ON starts_with(code_mention.code, coding_marker.prefix)
  WHERE code_mention.system = 'cim10'
),

counted AS (
  SELECT
    slice_id,
    marker,
    CAST(sum(mentions) AS BIGINT) AS mentions,
    coalesce(sum(mentions) FILTER (WHERE is_filled), 0) AS filled
  FROM marked
  GROUP BY slice_id, marker
)

SELECT
  read_slice.finess,
  read_slice.field,
  read_slice.year,
  counted.marker,
  counted.mentions,
  counted.filled / NULLIF(counted.mentions, 0)::DOUBLE AS filled_share
FROM counted
INNER JOIN read_slice ON counted.slice_id = read_slice.slice_id
