UPDATE outbox
SET texted_at = COALESCE(texted_at, $2)
WHERE intent = $1
