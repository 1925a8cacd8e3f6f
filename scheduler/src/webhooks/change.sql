UPDATE webhooks
SET url = $2,
    types = $3,
    description = $4
WHERE webhook = $1
