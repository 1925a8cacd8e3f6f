-- What a batch left of people on lists: where `joined_at` is NULL, they are not on that one.
MERGE INTO participants AS p
USING jsonb_to_recordset($1::jsonb) AS c (
    reference text,
    user_id   uuid,
    joined_at timestamptz,
    position  bigint
)
ON p.reference = c.reference
    AND p.user_id = c.user_id
WHEN MATCHED AND c.joined_at IS NULL THEN
    DELETE
WHEN MATCHED THEN
    UPDATE SET
        joined_at = c.joined_at,
        position = c.position
WHEN NOT MATCHED AND c.joined_at IS NOT NULL THEN
    INSERT (reference, user_id, joined_at, position)
    VALUES (c.reference, c.user_id, c.joined_at, c.position)
