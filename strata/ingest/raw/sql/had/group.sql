-- Grain: one tariff (GHT) of an accepted sub-sequence and its days: the longer a sequence, the lower the tariff of its later days.
-- home says which of the three day tariffs applies.
WITH ranked AS (
    SELECT finess, stay_number, sequence_number, unit_number, home_type,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY sequence_number, unit_number) AS SMALLINT) AS unit_rank
    FROM sound_had_period
)
SELECT k.group_no, k.line, w.unit_rank, x.ghpc AS group_code, x.ght AS tariff_code, x.days, h.home
FROM sound_had_group AS x
JOIN ranked AS w
  ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.sequence_number = x.sequence_number AND w.unit_number = x.unit_number
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
LEFT JOIN had_home AS h ON h.code = w.home_type
