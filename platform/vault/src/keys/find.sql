-- The newest key of subject $1, and whether it or the person $2 it is part of was destroyed. Always one row.
SELECT
    EXISTS (SELECT 1 FROM tombstones WHERE subject IN ($1, $2)) AS "destroyed!",
    newest.key_id AS "key_id?",
    newest.wrapped AS "wrapped?"
FROM (VALUES (1)) AS always
LEFT JOIN LATERAL (
    SELECT key_id, wrapped
    FROM data_keys
    WHERE subject = $1
    ORDER BY version DESC
    LIMIT 1
) AS newest ON true
