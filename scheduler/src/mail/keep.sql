INSERT INTO inbox (id, kind, recipient, subject, body, html, at)
SELECT kept.id, 'mail', kept.recipient, $3, $4, $5, $6
FROM unnest($1::uuid[], $2::text[]) AS kept (id, recipient)
