-- Grain: one event that says for which condition a stay was (stay_for_<condition>, of the shared events).
-- bit: of the condition, in the reasons of a stay (used_stay).
SELECT
    event_no,
    substr(event_id, 10) AS condition,
    CAST(1 AS BIGINT) << CAST(row_number() OVER (ORDER BY event_id) - 1 AS INTEGER) AS bit
FROM definition_event
WHERE condition = 'shared' AND event_id LIKE 'stay_for_%'
