-- Grain: one condition.
-- Where its criteria stand in the number of their block (criterion_bit): shifted by block_shift, every_bit says which are its own.
SELECT condition, block_no, block_shift, CAST(bit_or(bit) AS HUGEINT) AS every_bit
FROM criterion_bit
GROUP BY condition, block_no, block_shift
