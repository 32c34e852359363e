-- Grain: one year in which some stay read has a VALO code.
-- The extract then has the table of valued stays: a stay of a public hospital without its row there is not valued (stay_cost).
SELECT DISTINCT year
FROM read_stay
WHERE valuation_code IS NOT NULL
