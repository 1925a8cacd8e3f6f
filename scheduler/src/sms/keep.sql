INSERT INTO inbox (id, kind, recipient, subject, body, at)
VALUES ($1, 'sms', $2, 'SMS', $3, $4)
ON CONFLICT ON CONSTRAINT inbox_pkey DO NOTHING
