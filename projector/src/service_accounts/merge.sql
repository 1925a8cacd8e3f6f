-- What a batch did to service accounts. A row with `created_at` was made in it; of another, what is NULL stays: a change
-- brings name, scopes and venues together.
MERGE INTO service_accounts AS a
USING jsonb_to_recordset($1::jsonb) AS c (
    id         uuid,
    name       text,
    scopes     text[],
    venues     text[],
    created_at timestamptz,
    revision   bigint,
    removed    boolean
)
ON a.id = c.id
WHEN MATCHED AND c.removed THEN
    DELETE
WHEN MATCHED THEN
    UPDATE SET
        name = coalesce(c.name, a.name),
        scopes = coalesce(c.scopes, a.scopes),
        venues = CASE WHEN c.name IS NULL THEN a.venues ELSE c.venues END,
        revision = c.revision
WHEN NOT MATCHED AND c.created_at IS NOT NULL THEN
    INSERT (id, name, scopes, venues, created_at, revision)
    VALUES (c.id, c.name, c.scopes, c.venues, c.created_at, c.revision)
