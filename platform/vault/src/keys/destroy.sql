-- Every key of subject $1 and of its parts gives way to a tombstone that names event $3. A subject without a key
-- of its own gets a tombstone under the unused id $2, so that it never gets a key; one that has a tombstone keeps it.
WITH destroyed AS (
    DELETE FROM data_keys
    WHERE subject = $1 OR starts_with(subject, $1 || '/')
    RETURNING key_id, subject
)
INSERT INTO tombstones (key_id, subject, event_id)
SELECT key_id, subject, $3::uuid
FROM destroyed
UNION ALL
SELECT $2::uuid, $1, $3::uuid
WHERE NOT EXISTS (SELECT 1 FROM destroyed WHERE subject = $1)
    AND NOT EXISTS (SELECT 1 FROM tombstones WHERE subject = $1)
