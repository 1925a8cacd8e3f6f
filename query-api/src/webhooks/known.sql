SELECT EXISTS (
    SELECT 1
    FROM webhooks
    WHERE webhook = $1
) AS "known!"
