-- Grain: one person x source of a date of death.
-- Who died, and when, as each source says: a stay left by death ('hospital', the first one), IR_BEN_R ('beneficiary', the first of the
-- rows of the person), the deaths the user brings ('user'). Persons without a usable stay are here too: they count in no cohort.
-- A date that IR_BEN_R or the user gives before the last entry of the person cannot be true: it is set aside, and counted in death_source.
-- Persons: stay
-- Compared: person_id
WITH last_entry AS (
  SELECT person_id, max(entry_date) AS entry_date
  FROM stay
  WHERE counts_for_person
  GROUP BY person_id
),

told AS (
  SELECT person_id, 'hospital' AS death_source, exit_date AS death_date
  FROM stay
  WHERE counts_for_person AND is_death
  UNION ALL
  SELECT coalesce(person_identity.person_id, read_beneficiary.person_id) AS person_id, 'beneficiary' AS death_source, read_beneficiary.death_date
  FROM read_beneficiary
  LEFT JOIN person_identity ON read_beneficiary.person_id = person_identity.read_person_id
  WHERE read_beneficiary.death_date IS NOT NULL AND NOT coalesce(person_identity.is_ambiguous, false)
  UNION ALL
  SELECT coalesce(person_identity.person_id, user_death.person_id) AS person_id, 'user' AS death_source, user_death.death_date
  FROM user_death
  LEFT JOIN person_identity ON user_death.person_id = person_identity.read_person_id
  WHERE NOT coalesce(person_identity.is_ambiguous, false)
),

first_told AS (
  SELECT person_id, death_source, min(death_date) AS death_date
  FROM told
  GROUP BY person_id, death_source
)

SELECT
  first_told.person_id,
  first_told.death_source,
  first_told.death_date,
  last_entry.person_id IS NOT NULL AS has_stay,
  first_told.death_source <> 'hospital' AND coalesce(first_told.death_date < last_entry.entry_date, false) AS is_set_aside
FROM first_told
LEFT JOIN last_entry ON first_told.person_id = last_entry.person_id
