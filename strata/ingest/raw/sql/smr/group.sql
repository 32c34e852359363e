-- Grain: one GME of an accepted stay with the days it is valued for. A stay may have several; the weeks of each are not said.
SELECT k.group_no, k.line, CAST(NULL AS SMALLINT) AS unit_rank, x.gme AS group_code, x.gmt AS tariff_code, x.days,
       CAST(NULL AS VARCHAR) AS home
FROM sound_smr_group AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
