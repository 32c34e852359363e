-- Grain: one patient of a hospital of whom all the rows of chaining are of one person.
-- A table of its own, before stay.sql: its sums and the joins of a large set then take memory one after the other.
WITH hashed AS (
    SELECT c.finess, c.stay_number, c.pseudonym, c.chaining_codes, r.ipp_hash
    FROM chaining AS c
    JOIN sound_psy_chaining AS r ON r.finess = c.finess AND r.stay_number = c.stay_number
),
known AS (
    SELECT w.finess, w.ipp_hash, c.pseudonym, c.chaining_codes
    FROM sound_psy_sequence AS w
    JOIN hashed AS c ON c.finess = w.finess AND c.stay_number = w.stay_number
    UNION
    SELECT finess, ipp_hash, pseudonym, chaining_codes FROM hashed
)
SELECT finess, ipp_hash, min(pseudonym) AS pseudonym, min(chaining_codes) AS chaining_codes
FROM known
WHERE ipp_hash IS NOT NULL AND NOT regexp_matches(pseudonym, '^[xX]{16}')
GROUP BY finess, ipp_hash
HAVING count(DISTINCT pseudonym) = 1
