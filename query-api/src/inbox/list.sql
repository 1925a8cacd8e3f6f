SELECT
    id,
    recipient,
    subject,
    body,
    html IS NOT NULL AS "has_page!",
    at
FROM inbox
ORDER BY at DESC, id
LIMIT 200
