-- Grain: one act, test or drug of a service; the service itself where nothing says more. Reads one month of flow.
-- The quantity of an act is that of its service (ER_CAM_F has none); tests and drugs have their own. Reversals are negative.
-- The base of a service (act and complement) is on the first of its rows only, so that bases add up to those of ER_PRS_F.
WITH detail AS (
    SELECT line_key, 'nabm' AS system, ltrim(code, '0') AS code, CAST(NULL AS VARCHAR) AS activity, quantity, file_no, row_no
    FROM sound_dcir_test
    UNION ALL
    SELECT line_key, 'ccam' AS system, code, activity, CAST(NULL AS INTEGER) AS quantity, file_no, row_no
    FROM sound_dcir_act
    UNION ALL
    SELECT line_key, 'cip13' AS system, code, CAST(NULL AS VARCHAR) AS activity, quantity, file_no, row_no
    FROM sound_dcir_drug
),
first_detail AS (
    SELECT line_key, min(CAST(file_no AS BIGINT) * 1099511627776 + row_no) AS place FROM detail GROUP BY line_key
),
hospital AS (
    SELECT line_key, max(taa_indicator) AS taa_indicator FROM sound_dcir_hospital GROUP BY line_key
)
SELECT
    s.pseudonym,
    s.twin_rank,
    s.care_date,
    coalesce(d.system, 'prs') AS system,
    coalesce(d.code, ltrim(s.service, '0')) AS code,
    d.activity,
    ltrim(s.service, '0') AS service,
    coalesce(d.quantity, s.quantity) AS quantity,
    CASE
        WHEN d.line_key IS NULL OR f.place = CAST(d.file_no AS BIGINT) * 1099511627776 + d.row_no
            THEN CAST(coalesce(s.base_eur, 0) + coalesce(s.complement_base_eur, 0) AS DECIMAL(12, 2))
    END AS base_eur,
    ltrim(s.speciality, '0') AS speciality,
    ltrim(s.profession, '0') AS profession,
    ltrim(s.expense_qualifier, '0') AS expense_qualifier,
    ltrim(s.expense_qualifier_sent, '0') AS expense_qualifier_sent,
    h.taa_indicator,
    s.supplement_top,
    o.source_file,
    CAST(coalesce(d.row_no, s.row_no) AS INTEGER) AS source_line
FROM sound_dcir_service AS s
LEFT JOIN detail AS d ON d.line_key = s.line_key
LEFT JOIN first_detail AS f ON f.line_key = s.line_key
LEFT JOIN hospital AS h ON h.line_key = s.line_key
JOIN source AS o ON o.file_no = coalesce(d.file_no, s.file_no)
