-- What became of each key asked for. A tombstone outweighs a key that a restored backup brought back.
SELECT
    asked.key_id AS "key_id!",
    data_keys.subject AS "subject?",
    data_keys.wrapped AS "wrapped?",
    tombstones.key_id IS NOT NULL AS "destroyed!"
FROM unnest($1::uuid[]) AS asked (key_id)
LEFT JOIN data_keys ON data_keys.key_id = asked.key_id
LEFT JOIN tombstones ON tombstones.key_id = asked.key_id
