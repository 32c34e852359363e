-- Grain: one accepted row of IR_IMB_R: a decision or a renewal.
-- The default dates of SNDS, and 2099 in older rows (snds_sentinels.csv), say that no end is known.
SELECT
    x.pseudonym,
    x.twin_rank,
    x.ald_number,
    x.cim10_code,
    ltrim(x.exemption_kind, '0') AS exemption_kind,
    x.start_date,
    CASE WHEN no_date.name IS NULL THEN x.end_date END AS end_date
FROM sound_ald AS x
LEFT JOIN sentinel AS no_date
    ON no_date.raw_table = 'ald' AND no_date.name = 'end_date' AND x.end_date BETWEEN no_date.first_date AND no_date.last_date
