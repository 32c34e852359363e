-- Grain: one top that is set for one person. The year is that of the slice.
SELECT
    p.pseudonym,
    p.twin_rank,
    unnest(string_split(x.tops, ' ')) AS top,
    x.version
FROM sound_cartography_top AS x
JOIN sound_cartography_person AS p ON p.cartography_number = x.cartography_number
WHERE x.tops IS NOT NULL
