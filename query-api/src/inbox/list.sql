SELECT
    id,
    recipient,
    subject,
    body,
    at
FROM inbox
ORDER BY at DESC, id
LIMIT 200
