-- Grain: one row per nomenclature x field of care x year, for the nomenclatures that a user brings.
-- Share of mentions whose code the nomenclature does not hold that year. Its dates count only where it has some.
WITH known AS (
  SELECT DISTINCT
    system,
    code,
    coalesce(extract(YEAR FROM valid_from), 0) AS year_from,
    coalesce(extract(YEAR FROM valid_to), 9999) AS year_to
  FROM nomenclature
),

brought AS (
  SELECT DISTINCT system FROM known
),

judged AS (
  SELECT
    code_seen.system,
    code_seen.field,
    code_seen.year,
    code_seen.code,
    code_seen.mentions,
    bool_or(known.code IS NOT NULL AND code_seen.year BETWEEN known.year_from AND known.year_to) AS is_known
  FROM code_seen
  INNER JOIN brought ON code_seen.system = brought.system
  LEFT JOIN known ON code_seen.system = known.system AND code_seen.code = known.code
  GROUP BY code_seen.system, code_seen.field, code_seen.year, code_seen.code, code_seen.mentions
)

SELECT
  system,
  field,
  year,
  CAST(sum(mentions) AS BIGINT) AS mentions,
  count(*) FILTER (WHERE NOT is_known) AS unknown_codes,
  CAST(coalesce(sum(mentions) FILTER (WHERE NOT is_known), 0) AS BIGINT) AS unknown_mentions,
  coalesce(sum(mentions) FILTER (WHERE NOT is_known), 0) / NULLIF(sum(mentions), 0)::DOUBLE AS unknown_share
FROM judged
GROUP BY system, field, year
