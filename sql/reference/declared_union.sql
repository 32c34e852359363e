-- Grain: one union of two conditions (persons who have one or the other) that the definitions in use can count.
SELECT
    condition_union.condition,
    condition_union.one,
    condition_union.other,
    concat(one.definition_id, '+', other.definition_id) AS definition_id
FROM condition_union
INNER JOIN definition AS one ON condition_union.one = one.condition
INNER JOIN definition AS other ON condition_union.other = other.condition
