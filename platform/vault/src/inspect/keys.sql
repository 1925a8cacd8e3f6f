SELECT
    key_id,
    subject,
    wrapped
FROM data_keys
WHERE $1::uuid IS NULL OR key_id > $1
ORDER BY key_id
LIMIT $2
