-- Grain: one row, what every stratum of the warehouse rests on besides its definition.
-- position_policy 'any': a code counts in any diagnosis position unless its event asks for one (tables/sensitivity.csv has the others).
-- alive_method: where deaths are known from, besides which a person is presumed alive: 'hospital' (stays left by death),
-- '+beneficiary' (IR_BEN_R), '+user' (deaths.csv). geo_method: which of the residences told by the stays of the look-back.
SELECT
  lookback_years,
  'any' AS position_policy,
  fields AS fields_included,
  residence_rule AS geo_method,
  concat(
    'hospital',
    CASE WHEN EXISTS (SELECT 1 FROM read_beneficiary) THEN '+beneficiary' ELSE '' END,
    CASE WHEN EXISTS (SELECT 1 FROM user_death) THEN '+user' ELSE '' END
  ) AS alive_method
FROM setting
