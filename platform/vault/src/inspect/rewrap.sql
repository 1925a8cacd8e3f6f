-- One that was destroyed meanwhile, or that another rotation was faster with, is left alone.
UPDATE data_keys
SET wrapped = rewrapped.wrapped
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS rewrapped (key_id, before, wrapped)
WHERE data_keys.key_id = rewrapped.key_id
    AND data_keys.wrapped = rewrapped.before
