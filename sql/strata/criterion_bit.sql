-- Grain: one criterion of a definition.
-- Its place in the number that says which criteria of its condition a person meets (person_criteria): bit is 2^0 for the first, 2^1 for the
-- second... A definition has 63 criteria at most (the compiler refuses more).
-- block_no, block_shift: conditions whose numbers are put side by side while they are added up, 126 bits in a block at most.
WITH counted AS (
  SELECT condition, count(*) AS criteria
  FROM definition_criterion
  GROUP BY condition
),

begun AS (
  SELECT condition, CAST(sum(criteria) OVER (ORDER BY condition) AS INTEGER) - criteria AS criteria_before
  FROM counted
)

SELECT
  definition_criterion.criterion_no,
  definition_criterion.condition,
  CAST(1 AS BIGINT) << CAST(
    row_number() OVER (PARTITION BY definition_criterion.condition ORDER BY definition_criterion.criterion_no) - 1 AS INTEGER
  ) AS bit,
  CAST(begun.criteria_before // 63 AS SMALLINT) AS block_no,
  CAST(begun.criteria_before % 63 AS INTEGER) AS block_shift
FROM definition_criterion
INNER JOIN begun ON definition_criterion.condition = begun.condition
