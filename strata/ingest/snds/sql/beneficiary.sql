-- Grain: one accepted row of IR_BEN_R: a pseudonym and a twin rank.
-- identity: the same number for every pseudonym of a beneficiary (BEN_IDT_ANO, else BEN_NIR_ANO, else the pseudonym and its rank).
-- The default dates of SNDS (snds_sentinels.csv) say that nothing is known.
WITH named AS (
    SELECT x.*, coalesce(x.identity, x.pseudonym || ' ' || coalesce(x.twin_rank, 1)) AS identity_text
    FROM sound_beneficiary AS x
),
numbered AS (
    SELECT identity_text, CAST(row_number() OVER (ORDER BY identity_text) AS INTEGER) AS identity_number
    FROM (SELECT DISTINCT identity_text FROM named)
)
SELECT
    x.pseudonym,
    coalesce(x.twin_rank, 1) AS twin_rank,
    n.identity_number AS identity,
    x.sex_code,
    x.birth_year,
    x.birth_month,
    CASE WHEN no_date.name IS NULL THEN x.death_date END AS death_date,
    x.department,
    x.commune,
    x.nir_kind
FROM named AS x
JOIN numbered AS n ON n.identity_text = x.identity_text
LEFT JOIN sentinel AS no_date
    ON no_date.raw_table = 'beneficiary' AND no_date.name = 'death_date' AND x.death_date BETWEEN no_date.first_date AND no_date.last_date
