DELETE FROM webhooks
