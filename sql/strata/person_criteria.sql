-- Grain: one person x condition x reporting year, for whoever meets a criterion of the condition.
-- The criteria met as one number, a bit each (criterion_bit). They are added up once a person for several conditions side by side.
-- Buckets: person_id
-- Years: person_reason
WITH window_bit AS (
  SELECT
    criterion_window.window_no,
    criterion_bit.block_no,
    bit_or(CAST(criterion_bit.bit AS HUGEINT) << criterion_bit.block_shift) AS bits
  FROM criterion_window
  INNER JOIN criterion_bit ON criterion_window.criterion_no = criterion_bit.criterion_no
  GROUP BY criterion_window.window_no, criterion_bit.block_no
),

added AS (
  SELECT
    person_reason.person_id,
    person_reason.year,
    window_bit.block_no,
    bit_or(window_bit.bits) AS bits
  FROM person_reason
  INNER JOIN window_bit ON person_reason.window_no = window_bit.window_no
  GROUP BY person_reason.person_id, person_reason.year, window_bit.block_no
),

condition_bit AS (
  SELECT condition, block_no, block_shift, CAST(bit_or(bit) AS HUGEINT) AS every_bit
  FROM criterion_bit
  GROUP BY condition, block_no, block_shift
)

SELECT
  added.person_id,
  condition_bit.condition,
  added.year,
  CAST((added.bits >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria
FROM added
INNER JOIN condition_bit ON added.block_no = condition_bit.block_no
WHERE ((added.bits >> condition_bit.block_shift) & condition_bit.every_bit) <> 0
