-- Grain: one row for the warehouse.
-- One status per person, condition and year; a stratum 1 to 4 for the diseased and for nobody else. Counts that must be zero.
SELECT
  count(*) FILTER (WHERE copies > 1) AS persons_twice,
  CAST(coalesce(sum(unknown_status), 0) AS BIGINT) AS unknown_status,
  CAST(coalesce(sum(stratum_unlike_status), 0) AS BIGINT) AS stratum_unlike_status,
  CAST(coalesce(sum(incomplete_rows), 0) AS BIGINT) AS incomplete_rows
FROM status_fault
