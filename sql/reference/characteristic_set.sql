-- Grain: one row per stock year x condition x territory x stratum x sex x age band x set of criteria, of those that some characteristic asks for.
-- The diseased by all they have at once: many have the same set, and each set is taken apart once (characteristic_cell).
-- criteria: bits of the block of the condition (criterion_bit). holders: persons.
-- Adds: stock_member person_criteria
-- Sums: holders
WITH asked AS (
    SELECT condition, block_no, bit_or(bits) AS bits
    FROM characteristic_bit
    GROUP BY condition, block_no
)

SELECT
    stock_member.year,
    stock_member.condition,
    stock_member.territory_id,
    stock_member.stratum,
    stock_member.sex,
    stock_member.age_band,
    person_criteria.criteria & asked.bits AS criteria,
    count(stock_member.person_id) AS holders
FROM stock_member
INNER JOIN asked ON stock_member.condition = asked.condition
INNER JOIN person_criteria
    ON stock_member.person_id = person_criteria.person_id AND stock_member.year = person_criteria.year
    AND asked.block_no = person_criteria.block_no
WHERE stock_member.stratum IN ('1', '2', '3', '4') AND (person_criteria.criteria & asked.bits) <> 0
GROUP BY
    stock_member.year, stock_member.condition, stock_member.territory_id, stock_member.stratum, stock_member.sex, stock_member.age_band,
    person_criteria.criteria & asked.bits
