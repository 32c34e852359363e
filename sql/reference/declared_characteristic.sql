-- Grain: one condition x characteristic of its persons that the definitions in use can tell.
-- Sex and age are known whatever the definition; what asks for a criterion is declared where the definition has it.
SELECT DISTINCT definition.condition, characteristic.measure
FROM definition
CROSS JOIN characteristic
WHERE
    characteristic.criterion_id IS NULL
    OR (
        characteristic.condition = definition.condition
        AND EXISTS (
            SELECT 1
            FROM definition_criterion
            WHERE definition_criterion.condition = definition.condition AND definition_criterion.criterion_id = characteristic.criterion_id
        )
    )
