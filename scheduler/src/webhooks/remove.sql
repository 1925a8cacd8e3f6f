DELETE FROM webhooks
WHERE webhook = $1
