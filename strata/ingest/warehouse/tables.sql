-- The tables that no file of sql/ makes: those that ingest writes (docs/design.md, "Tables as read" and "Tables a user brings"), without key or
-- index since they are read whole, by columns; at the end, what runs note of the tables they make.

CREATE TABLE IF NOT EXISTS read_stay (
    stay_id BIGINT, slice_id INTEGER, field VARCHAR, finess VARCHAR, year SMALLINT, stay_number VARCHAR, format_version VARCHAR,
    person_id INTEGER, pseudonym_status VARCHAR, chaining_codes VARCHAR,
    entry_date DATE, exit_date DATE, exit_month SMALLINT,
    entry_mode VARCHAR, entry_provenance VARCHAR, exit_mode VARCHAR, exit_destination VARCHAR,
    stay_type VARCHAR, automatic_rsa VARCHAR, sex_code VARCHAR, age_years SMALLINT, age_days SMALLINT, geo_code VARCHAR,
    ghm VARCHAR, ghs VARCHAR, nights SMALLINT, sessions SMALLINT, exh_days SMALLINT, exb_kind VARCHAR, exb_tenths SMALLINT,
    supplement_hs SMALLINT, supplement_rea SMALLINT, supplement_si SMALLINT, supplement_stf SMALLINT, supplement_src SMALLINT,
    supplement_rep SMALLINT, supplement_nn1 SMALLINT, supplement_nn2 SMALLINT, supplement_nn3 SMALLINT,
    dp VARCHAR, dr VARCHAR, unit_count SMALLINT, billable VARCHAR, valuation_code VARCHAR, cost_billed_eur DECIMAL(12, 2),
    care_form VARCHAR, presence_days SMALLINT, presence_half_days SMALLINT, is_unfinished BOOLEAN, billing_base_eur DECIMAL(12, 2),
    source_file VARCHAR, source_line INTEGER
);

CREATE TABLE IF NOT EXISTS read_unit (
    stay_id BIGINT, unit_rank SMALLINT, dp VARCHAR, dr VARCHAR, unit_finess VARCHAR,
    authorisation_1 VARCHAR, authorisation_2 VARCHAR, nights SMALLINT
);

CREATE TABLE IF NOT EXISTS read_diagnosis (stay_id BIGINT, unit_rank SMALLINT, code VARCHAR);

CREATE TABLE IF NOT EXISTS read_procedure (
    stay_id BIGINT, unit_rank SMALLINT, system VARCHAR, code VARCHAR, phase VARCHAR, activity VARCHAR, day_offset SMALLINT, executions SMALLINT
);

CREATE TABLE IF NOT EXISTS read_group (
    stay_id BIGINT, unit_rank SMALLINT, group_code VARCHAR, tariff_code VARCHAR, days SMALLINT, home VARCHAR
);

CREATE TABLE IF NOT EXISTS pseudonym (person_id INTEGER, pseudonym VARCHAR);

CREATE TABLE IF NOT EXISTS person_secret (mark VARCHAR);  -- tells one secret of local files from another, not the secret (person_key.py)

CREATE TABLE IF NOT EXISTS quarantine (source_file VARCHAR, source_line INTEGER, reason VARCHAR);

CREATE TABLE IF NOT EXISTS read_file (
    source_file VARCHAR, sha256 VARCHAR, family VARCHAR, format_version VARCHAR, finess VARCHAR, year SMALLINT, month SMALLINT,
    lines BIGINT, accepted BIGINT, quarantined BIGINT, refused BIGINT, reason VARCHAR, is_unverified BOOLEAN
);

CREATE TABLE IF NOT EXISTS read_slice (
    slice_id INTEGER, finess VARCHAR, field VARCHAR, year SMALLINT, form VARCHAR, month SMALLINT, sha256 VARCHAR,
    sent TIMESTAMP, person_key VARCHAR
);

CREATE TABLE IF NOT EXISTS read_slice_file (slice_id INTEGER, source_file VARCHAR, sha256 VARCHAR, accepted BIGINT);

-- Grain: one entry of an archive of the landing folder. No name: what an archive holds follows from its bytes (known_archives.py).
CREATE TABLE IF NOT EXISTS archive_entry (archive_sha256 VARCHAR, entry_rank INTEGER, sha256 VARCHAR);

CREATE TABLE IF NOT EXISTS territory (territory_id VARCHAR, territory_name VARCHAR, geo_code VARCHAR);

CREATE TABLE IF NOT EXISTS territory_straddle (territory_id VARCHAR, geo_code VARCHAR, residents BIGINT);

CREATE TABLE IF NOT EXISTS postcode (postcode VARCHAR, geo_code VARCHAR);

CREATE TABLE IF NOT EXISTS population (
    year SMALLINT, geo_code VARCHAR, territory_id VARCHAR, sex VARCHAR, age_min SMALLINT, age_max SMALLINT, population BIGINT
);

CREATE TABLE IF NOT EXISTS tariff_ghs (
    tariff_year SMALLINT, ghs VARCHAR, ghm VARCHAR,
    base_eur DECIMAL(12, 2), exb_flat_eur DECIMAL(12, 2), exb_day_eur DECIMAL(12, 2), exh_day_eur DECIMAL(12, 2)
);

CREATE TABLE IF NOT EXISTS tariff_ghs_private (
    tariff_year SMALLINT, ghs VARCHAR, ghm VARCHAR,
    base_eur DECIMAL(12, 2), exb_flat_eur DECIMAL(12, 2), exb_day_eur DECIMAL(12, 2), exh_day_eur DECIMAL(12, 2)
);

CREATE TABLE IF NOT EXISTS tariff_gmt (
    tariff_year SMALLINT, gmt VARCHAR, gme VARCHAR, flat_from_days SMALLINT, flat_to_days SMALLINT,
    low_eur DECIMAL(12, 2), flat_eur DECIMAL(12, 2), flat_2_eur DECIMAL(12, 2)
);

CREATE TABLE IF NOT EXISTS tariff_ght (tariff_year SMALLINT, ght VARCHAR, home VARCHAR, day_eur DECIMAL(12, 2));

CREATE TABLE IF NOT EXISTS nomenclature (system VARCHAR, code VARCHAR, valid_from DATE, valid_to DATE);

CREATE TABLE IF NOT EXISTS tariff_supplement (tariff_year SMALLINT, supplement VARCHAR, day_eur DECIMAL(12, 2));

-- Persons outside the hospital: a slice is one referential, one year of cartography or one month of flow of DCIR, and is replaced whole.

CREATE TABLE IF NOT EXISTS read_person_slice (slice_id INTEGER, field VARCHAR, year SMALLINT, month SMALLINT, sha256 VARCHAR);

CREATE TABLE IF NOT EXISTS read_person_file (slice_id INTEGER, source_file VARCHAR, sha256 VARCHAR, accepted BIGINT);

CREATE TABLE IF NOT EXISTS read_care (
    slice_id INTEGER, person_id INTEGER, twin_rank SMALLINT, care_date DATE, system VARCHAR, code VARCHAR, activity VARCHAR, service VARCHAR,
    quantity INTEGER, base_eur DECIMAL(12, 2), speciality VARCHAR, profession VARCHAR, expense_qualifier VARCHAR,
    expense_qualifier_sent VARCHAR, taa_indicator VARCHAR, supplement_top SMALLINT, source_file VARCHAR, source_line INTEGER
);

CREATE TABLE IF NOT EXISTS read_beneficiary (
    slice_id INTEGER, person_id INTEGER, twin_rank SMALLINT, identity INTEGER, sex_code VARCHAR, birth_year SMALLINT, birth_month SMALLINT,
    death_date DATE, department VARCHAR, commune VARCHAR, nir_kind VARCHAR
);

CREATE TABLE IF NOT EXISTS read_ald (
    slice_id INTEGER, person_id INTEGER, twin_rank SMALLINT, ald_number SMALLINT, cim10_code VARCHAR, exemption_kind VARCHAR,
    start_date DATE, end_date DATE
);

CREATE TABLE IF NOT EXISTS read_cartography (
    slice_id INTEGER, person_id INTEGER, twin_rank SMALLINT, year SMALLINT, top VARCHAR, version VARCHAR
);

CREATE TABLE IF NOT EXISTS user_death (person_id INTEGER, death_date DATE);

-- What runs note of the tables they make (docs/design.md, "What is made again"), by table_name, and of their checks.

CREATE TABLE IF NOT EXISTS table_fingerprint (table_name VARCHAR PRIMARY KEY, made_of VARCHAR, content VARCHAR, rows BIGINT);

CREATE TABLE IF NOT EXISTS part_made_of (
    table_name VARCHAR PRIMARY KEY, content VARCHAR, sql VARCHAR, inputs VARCHAR, rows BIGINT, hash_sum HUGEINT, hash_xor UBIGINT
);

CREATE TABLE IF NOT EXISTS part_change (
    table_name VARCHAR PRIMARY KEY, from_content VARCHAR, to_content VARCHAR, first_year INTEGER, is_dated BOOLEAN, since INTEGER
);

CREATE TABLE IF NOT EXISTS part_change_slice (table_name VARCHAR, slice_id BIGINT);

CREATE TABLE IF NOT EXISTS part_change_person (table_name VARCHAR, person_id INTEGER, all_years BOOLEAN);

CREATE TABLE IF NOT EXISTS part_slice (slice_id BIGINT, content VARCHAR);

-- Grain: one table with rows in <table_name>_exchanged: what went and came between these two contents of it (strata/engine/summed.py).
CREATE TABLE IF NOT EXISTS part_exchanged (table_name VARCHAR PRIMARY KEY, from_content VARCHAR, to_content VARCHAR);

-- is_told: no row at fault binds. at_fault: how the rows at fault are named.
CREATE TABLE IF NOT EXISTS check_result (
    table_name VARCHAR, check_name VARCHAR, has_passed BOOLEAN, failing_rows BIGINT, is_told BOOLEAN, at_fault VARCHAR[]
);
