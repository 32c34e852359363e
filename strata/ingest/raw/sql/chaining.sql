-- Grain: one accepted row of chaining of the field (sound_chaining).
-- The person, the dates of the stay, and the nine return codes as one text: '0' is good, a blank says nothing.
SELECT finess, stay_number, pseudonym, entry_date, exit_date,
       concat(
           left(coalesce(nir_return, ' '), 1), left(coalesce(birth_date_return, ' '), 1), left(coalesce(sex_return, ' '), 1),
           left(coalesce(stay_id_return, ' '), 1), left(coalesce(fusion_hosp_return, ' '), 1),
           left(coalesce(fusion_pmsi_return, ' '), 1), left(coalesce(entry_date_return, ' '), 1),
           left(coalesce(birth_coherence_return, ' '), 1), left(coalesce(sex_coherence_return, ' '), 1)
       ) AS chaining_codes
FROM sound_chaining
