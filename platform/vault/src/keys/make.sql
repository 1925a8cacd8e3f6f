-- The first key of subject $2. Another process may have made one, or the person $4 may have been destroyed, since
-- we looked: then this does nothing, and whoever reads next sees which.
INSERT INTO data_keys (key_id, subject, version, wrapped)
SELECT $1, $2, 1, $3
WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE subject IN ($2, $4))
ON CONFLICT ON CONSTRAINT data_keys_subject_version_key DO NOTHING
