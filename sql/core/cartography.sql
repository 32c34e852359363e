-- Grain: one person x year x version x top of the CNAM cartography of illnesses that is set.
-- Tops are columns to compare with, never a definition of ours: their content is the CNAM's, and changes with the version.
SELECT DISTINCT
  coalesce(person_identity.person_id, read_cartography.person_id) AS person_id,
  read_cartography.year,
  read_cartography.version,
  read_cartography.top
FROM read_cartography
LEFT JOIN person_identity ON read_cartography.person_id = person_identity.read_person_id
WHERE read_cartography.person_id IS NOT NULL AND NOT coalesce(person_identity.is_ambiguous, false)
