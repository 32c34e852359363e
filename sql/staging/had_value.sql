-- Grain: one HAD stay that has a group (GHPC).
-- What the stay is worth in euros: the GHT of each of its sub-sequences, by the kind of home, times its days, coefficients 1, each rounded
-- to the cent before the sum. Two tariffs: of the stay's own year (January and February use the year before, by the month the stay ends:
-- tariffs change on 1 March) and of the one reference year. NULL where a sub-sequence has no tariff: never imputed.
-- A sub-sequence that ended before March in a stay that ended after is priced with the new tariff: its own month is not kept.
-- Source: e-PMSI valuation of RAPSS as pmeasyr repeats it (vvr_had_ght); tariffs of the annual prestations order (GHT).
-- Slices: stay_id
WITH priced AS (
  SELECT
    read_group.stay_id,
    read_group.days,
    read_group.tariff_code AS ght,
    read_group.home,
    read_stay.year - CASE WHEN read_stay.exit_month <= 2 THEN 1 ELSE 0 END AS own_year,
    setting.standard_tariff_year AS standard_year
  FROM read_group
  INNER JOIN read_stay ON read_group.stay_id = read_stay.stay_id
  CROSS JOIN setting
  WHERE read_stay.field = 'had'
)

SELECT
  priced.stay_id,
  CAST(CASE WHEN count(*) = count(own.day_eur) THEN sum(round(own.day_eur * priced.days, 2)) END AS DECIMAL(12, 2)) AS own_year_eur,
  CAST(
    CASE WHEN count(*) = count(standard.day_eur) THEN sum(round(standard.day_eur * priced.days, 2)) END AS DECIMAL(12, 2)
  ) AS standard_eur
FROM priced
LEFT JOIN tariff_ght AS own ON priced.own_year = own.tariff_year AND priced.ght = own.ght AND priced.home = own.home
LEFT JOIN tariff_ght AS standard
  ON priced.standard_year = standard.tariff_year AND priced.ght = standard.ght AND priced.home = standard.home
GROUP BY priced.stay_id
