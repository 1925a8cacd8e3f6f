-- What a batch did to sessions. A row with a user began in it, and brings everything; of another, what is NULL
-- stays. The first end counts; `least` passes over NULL.
MERGE INTO sessions AS s
USING jsonb_to_recordset($1::jsonb) AS c (
    id            uuid,
    user_id       uuid,
    started_at    timestamptz,
    refreshed_at  timestamptz,
    refresh_until timestamptz,
    ends_at       timestamptz,
    revoked_at    timestamptz,
    position      bigint
)
ON s.id = c.id
WHEN MATCHED THEN
    UPDATE SET
        refreshed_at = coalesce(c.refreshed_at, s.refreshed_at),
        refresh_until = coalesce(c.refresh_until, s.refresh_until),
        revoked_at = least(s.revoked_at, c.revoked_at)
WHEN NOT MATCHED AND c.user_id IS NOT NULL THEN
    INSERT (id, user_id, started_at, refreshed_at, refresh_until, ends_at, revoked_at, position)
    VALUES (
        c.id, c.user_id, c.started_at, c.refreshed_at, c.refresh_until, c.ends_at, c.revoked_at, c.position
    )
