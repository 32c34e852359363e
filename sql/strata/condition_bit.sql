-- Grain: one condition.
-- Where its criteria stand in the number of their block (criterion_bit): shifted by block_shift, every_bit says which are its own.
-- condition_no: a number by which persons and sets of criteria meet sooner than by its name.
SELECT
  condition,
  CAST(row_number() OVER (ORDER BY condition) AS SMALLINT) AS condition_no,
  block_no,
  block_shift,
  CAST(bit_or(bit) AS HUGEINT) AS every_bit
FROM criterion_bit
GROUP BY condition, block_no, block_shift
