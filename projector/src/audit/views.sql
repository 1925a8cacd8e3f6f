CREATE OR REPLACE VIEW public.audit_records_v1 AS
SELECT
    year,
    index,
    record
FROM audit_records;

CREATE OR REPLACE VIEW public.audit_tiles_v1 AS
SELECT
    year,
    level,
    n,
    hashes
FROM audit_tiles;

CREATE OR REPLACE VIEW public.audit_checkpoints_v1 AS
SELECT
    year,
    size,
    note
FROM audit_checkpoints;
