SELECT
    fingerprint,
    status,
    position,
    greatest(1, ceil(extract(epoch FROM lease_until - now())))::integer AS "seconds_left!"
FROM idempotency
WHERE command_id = $1
