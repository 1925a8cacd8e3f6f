SELECT EXISTS (
    SELECT 1
    FROM webhook_deliveries
    WHERE webhook = $1
        AND state = 'delivered'
        AND ended_at > $2
) AS "taken!"
