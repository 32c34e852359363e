-- Grain: one criterion of a definition.
-- Where its evidence comes from ('stay', 'care', 'ald'), and whether this extract can show it: a criterion that is not met says nothing
-- where its source is not held. Care known by ATC classes also needs shared/drugs.csv, which gives their CIP13 codes.
WITH held AS (
  SELECT DISTINCT CASE field WHEN 'dcir' THEN 'care' ELSE field END AS source FROM read_person_slice
),

readable_list AS (
  SELECT DISTINCT list_id FROM definition_code WHERE system <> 'atc'
),

outside AS (
  SELECT
    definition_term.event_no,
    min(definition_term.position) AS source,
    bool_or(readable_list.list_id IS NOT NULL) AS is_readable
  FROM definition_term
  LEFT JOIN readable_list ON definition_term.list_id = readable_list.list_id
  WHERE definition_term.position IN ('care', 'ald')
  GROUP BY definition_term.event_no
)

SELECT
  definition_criterion.criterion_no,
  definition_criterion.condition,
  definition_criterion.criterion_id,
  coalesce(outside.source, 'stay') AS source,
  outside.event_no IS NULL OR (outside.is_readable AND held.source IS NOT NULL) AS is_evaluated
FROM definition_criterion
LEFT JOIN outside ON definition_criterion.event_no = outside.event_no
LEFT JOIN held ON outside.source = held.source
