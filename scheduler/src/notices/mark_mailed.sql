UPDATE outbox
SET mailed_because = COALESCE(mailed_because, $2)
WHERE intent = $1
