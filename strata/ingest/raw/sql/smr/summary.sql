-- Grain: one accepted row of what the form says of an SMR stay as a whole (SSRHA, T_SSRaaS).
SELECT finess, stay_number, sequence_kind IN ('1', '2') AS has_ended, entry_mode, entry_provenance, exit_mode, exit_destination
FROM sound_smr_stay
