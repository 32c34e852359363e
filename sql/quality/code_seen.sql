-- Grain: one row per field of care x year x nomenclature x code.
-- How often each code is mentioned: what the validity of codes and the intensity of coding are counted from.
SELECT
  read_slice.field,
  read_slice.year,
  code_mention.system,
  code_mention.code,
  CAST(sum(code_mention.mentions) AS BIGINT) AS mentions
FROM code_mention
INNER JOIN read_slice ON code_mention.slice_id = read_slice.slice_id
GROUP BY read_slice.field, read_slice.year, code_mention.system, code_mention.code
