-- Grain: one row per characteristic x condition x block of criteria, of the characteristics that criteria show.
-- The bits, in the block, of the criteria of which one is enough (criterion_bit).
SELECT
    characteristic.measure,
    criterion_bit.condition,
    criterion_bit.block_no,
    bit_or(CAST(criterion_bit.bit AS HUGEINT) << criterion_bit.block_shift) AS bits
FROM characteristic
INNER JOIN definition_criterion
    ON characteristic.condition = definition_criterion.condition AND characteristic.criterion_id = definition_criterion.criterion_id
INNER JOIN criterion_bit ON definition_criterion.criterion_no = criterion_bit.criterion_no
GROUP BY characteristic.measure, criterion_bit.condition, criterion_bit.block_no
