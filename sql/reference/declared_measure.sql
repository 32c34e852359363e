-- Grain: one condition x measure of hospital use that the definitions in use can count.
-- A measure that needs an event (potentially avoidable stays, amputations) is declared where some definition, or the events shared by all,
-- has that event. Stays for the condition need its own: stay_for_<condition>.
SELECT definition.condition, use_measure.measure, use_measure.base, use_measure.rest
FROM definition
CROSS JOIN use_measure
WHERE
    use_measure.event_id IS NULL
    OR EXISTS (
        SELECT 1
        FROM definition_event
        WHERE
            definition_event.condition IN ('shared', definition.condition)
            AND definition_event.event_id
            = CASE use_measure.event_id WHEN 'stay_for_' THEN 'stay_for_' || definition.condition ELSE use_measure.event_id END
    )
