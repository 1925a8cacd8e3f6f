INSERT INTO rebuilds (id, projection, event, requested_at, requested_by, workers, verifies)
SELECT
    r.id,
    r.projection,
    r.event,
    r.requested_at,
    r.requested_by,
    r.workers,
    r.verifies
FROM jsonb_to_recordset($1::jsonb) AS r (
    id           uuid,
    projection   text,
    event        uuid,
    requested_at timestamptz,
    requested_by text,
    workers      smallint,
    verifies     boolean
)
ON CONFLICT (id) DO NOTHING
