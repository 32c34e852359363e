-- Grain: one accepted row of what the form says of a PSY stay as a whole (T_RIPaaS; the ATIH files have none).
SELECT finess, stay_number, is_finished = '1' AS has_ended, entry_mode, entry_provenance, exit_mode, exit_destination
FROM sound_psy_stay
