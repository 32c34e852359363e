-- Grain: one published place x territory (REST included) that it is made of.
-- A territory is made of itself, ALL of everything, a group of the territories that its user declares.
SELECT territory_id AS place_id, territory_id
FROM published_territory
UNION ALL
SELECT 'ALL' AS place_id, territory_id
FROM published_territory
UNION ALL
SELECT group_id AS place_id, territory_id
FROM territory_group
