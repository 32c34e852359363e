-- Grain: one row per place that is published: the declared territories, and REST when someone lives there.
SELECT territory_id FROM territory
UNION
SELECT territory_id FROM population_cell
UNION
SELECT territory_id FROM stock_cell
UNION
SELECT territory_id FROM flow_cell
