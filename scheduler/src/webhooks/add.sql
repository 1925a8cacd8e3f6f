INSERT INTO webhooks (webhook, url, types, description, added_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT webhooks_pkey DO NOTHING
