-- What nobody has begun to send is derived again, if its event is in this log. What somebody has begun may have been
-- taken, and its row alone knows.
DELETE FROM webhook_deliveries
WHERE state = 'pending'
    AND attempts = 0
    AND accepted_at IS NULL
