-- Grain: one kind of line of ambulatory care (its qualifiers and indicators, as read) x one filter it meets.
-- Lines are told apart by four columns only, so a filter is judged once for each of their few combinations, never line by line.
-- What a filter removes a line from is in care_filter (strata/tables/care_filter.csv). One UNION branch per filter.
-- A blank indicator meets no filter: ETE_IND_TAA is blank for everything outside public hospitals.
WITH kind AS (
  SELECT DISTINCT expense_qualifier, expense_qualifier_sent, taa_indicator, supplement_top
  FROM read_care
)

SELECT expense_qualifier, expense_qualifier_sent, taa_indicator, supplement_top, 'not_reimbursed_line' AS reason
FROM kind
WHERE expense_qualifier = '71' OR expense_qualifier_sent = '71'
UNION ALL
SELECT expense_qualifier, expense_qualifier_sent, taa_indicator, supplement_top, 'public_hospital' AS reason
FROM kind
WHERE taa_indicator = '1'
UNION ALL
SELECT expense_qualifier, expense_qualifier_sent, taa_indicator, supplement_top, 'supplement' AS reason
FROM kind
WHERE supplement_top >= 2
