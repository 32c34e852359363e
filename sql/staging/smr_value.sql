-- Grain: one SMR stay that has a group (GME).
-- What the stay is worth in euros at the GMT of its groups, coefficients 1, each group rounded to the cent before the sum. Two tariffs:
-- own_year_eur, of the stay's own year (January and February use the year before, as MCO: UNVERIFIED of SMR, unverified_rule.csv), and standard_eur, of the one reference year.
-- Day care (a GME that ends with 0): the flat amount for each day. Full care: the flat zone of the GMT, limits included, has one amount;
-- a zone of 21 days has three periods of 7 days, of which the table prices the first two. NULL, never imputed, where the table of
-- tariffs does not say: below the zone (the printed amount is meant with a supplement by day that is not in it), the third period, above
-- the zone (the supplement by day is not in it), a group without a tariff, a full stay that has not ended.
-- is_outside_zone: every group has a tariff in the reference year, and one of them no amount for its days (filter gmt_outside_zone).
-- own_year_eur starts with 2024: until 2023 SMR was paid by endowments and about a tenth of the GMT, which no extract shows.
-- Source: arrêté of 1 March 2022, article 4 (periods), arrêté of 4 December 2023, article 2 (zones, day care).
-- Slices: stay_id
WITH priced AS (
  SELECT
    read_group.stay_id,
    read_group.days,
    read_group.group_code AS gme,
    read_group.tariff_code AS gmt,
    read_stay.year >= 2024 AS is_paid_by_gmt,
    read_stay.year - CASE WHEN read_stay.exit_month <= 2 THEN 1 ELSE 0 END AS own_year,
    setting.standard_tariff_year AS standard_year,
    coalesce(read_stay.is_unfinished, false) AS is_unfinished
  FROM read_group
  INNER JOIN read_stay ON read_group.stay_id = read_stay.stay_id
  CROSS JOIN setting
  WHERE read_stay.field = 'smr'
),

tariff AS (
  SELECT
    tariff_year,
    gmt,
    gme,
    flat_eur,
    flat_2_eur,
    gme LIKE '%0' AS is_by_day,
    flat_from_days AS from_days,
    CASE WHEN flat_2_eur IS NULL THEN flat_to_days ELSE flat_from_days + 6 END AS first_to_days,
    flat_from_days + 13 AS second_to_days
  FROM tariff_gmt
),

group_value AS (
  SELECT
    priced.stay_id,
    standard.gmt IS NOT NULL AS has_tariff,
    CASE
      WHEN NOT priced.is_paid_by_gmt THEN NULL
      WHEN own.is_by_day THEN round(own.flat_eur * priced.days, 2)
      WHEN priced.is_unfinished OR priced.days < own.from_days THEN NULL
      WHEN priced.days <= own.first_to_days THEN own.flat_eur
      WHEN priced.days <= own.second_to_days THEN own.flat_2_eur
    END AS own_eur,
    CASE
      WHEN standard.is_by_day THEN round(standard.flat_eur * priced.days, 2)
      WHEN priced.is_unfinished OR priced.days < standard.from_days THEN NULL
      WHEN priced.days <= standard.first_to_days THEN standard.flat_eur
      WHEN priced.days <= standard.second_to_days THEN standard.flat_2_eur
    END AS standard_eur
  FROM priced
  LEFT JOIN tariff AS own ON priced.own_year = own.tariff_year AND priced.gmt = own.gmt AND priced.gme = own.gme
  LEFT JOIN tariff AS standard
    ON priced.standard_year = standard.tariff_year AND priced.gmt = standard.gmt AND priced.gme = standard.gme
)

SELECT
  stay_id,
  CAST(CASE WHEN count(*) = count(own_eur) THEN sum(own_eur) END AS DECIMAL(12, 2)) AS own_year_eur,
  CAST(CASE WHEN count(*) = count(standard_eur) THEN sum(standard_eur) END AS DECIMAL(12, 2)) AS standard_eur,
  bool_and(has_tariff) AND count(*) > count(standard_eur) AS is_outside_zone
FROM group_value
GROUP BY stay_id
