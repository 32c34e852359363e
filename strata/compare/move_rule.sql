-- Grain: one move (condition, state before, state after) x rule that decided before x rule that decides after x change of type.
-- The types are named only where they differ.
SELECT
  condition,
  state_before,
  state_after,
  rule_before,
  rule_after,
  CASE WHEN type_before IS DISTINCT FROM type_after THEN coalesce(type_before, 'none') END AS type_before,
  CASE WHEN type_before IS DISTINCT FROM type_after THEN coalesce(type_after, 'none') END AS type_after,
  count(*) AS persons
FROM moved
GROUP BY ALL
ORDER BY condition, state_before, state_after, persons DESC, rule_before, rule_after, type_before, type_after
