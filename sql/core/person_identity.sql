-- Grain: one person as read whose pseudonym is not simply their own: `read_person_id` is another pseudonym of `person_id`, or is shared.
-- One beneficiary may have several pseudonyms (child of each parent, a dependant who becomes insured): they become one person, the
-- smallest number. A pseudonym that several beneficiaries share (twins of one sex: hospital files have no twin rank) says nothing about
-- either of them: it is flagged, merged with nobody and left out of person-level work (filter twin_pseudonym).
-- Persons that are not here are themselves. Without IR_BEN_R the table is empty and nothing changes.
-- Source: SNDS documentation, beneficiary sheet (BEN_IDT_ANO); sndsTools retrieve_patient_id (twins).
WITH pseudonym_held AS (
  SELECT person_id, min(identity) AS identity, count(DISTINCT identity) > 1 AS is_ambiguous
  FROM read_beneficiary
  WHERE person_id IS NOT NULL
  GROUP BY person_id
),

beneficiary AS (
  SELECT identity, min(person_id) AS person_id
  FROM pseudonym_held
  WHERE NOT is_ambiguous
  GROUP BY identity
)

SELECT
  pseudonym_held.person_id AS read_person_id,
  CASE WHEN pseudonym_held.is_ambiguous THEN pseudonym_held.person_id ELSE beneficiary.person_id END AS person_id,
  pseudonym_held.is_ambiguous
FROM pseudonym_held
LEFT JOIN beneficiary ON pseudonym_held.identity = beneficiary.identity
WHERE pseudonym_held.is_ambiguous OR pseudonym_held.person_id <> beneficiary.person_id
