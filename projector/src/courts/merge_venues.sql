-- What a batch did to venues. A row with a zone is a venue that opened, and brings everything; of another, what is NULL
-- stays.
MERGE INTO venues AS v
USING jsonb_to_recordset($1::jsonb) AS c (
    id            text,
    name          text,
    zone          text,
    day_starts_at time,
    policy        jsonb,
    revision      bigint
)
ON v.id = c.id
WHEN MATCHED THEN
    UPDATE SET
        name = coalesce(c.name, v.name),
        policy = coalesce(c.policy, v.policy),
        revision = c.revision
WHEN NOT MATCHED AND c.zone IS NOT NULL THEN
    INSERT (id, name, zone, day_starts_at, policy, revision)
    VALUES (c.id, c.name, c.zone, c.day_starts_at, c.policy, c.revision)
