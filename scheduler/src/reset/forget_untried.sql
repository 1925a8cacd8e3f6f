-- What nobody has begun to send is derived again, if its event is in this log. What somebody has begun may have been
-- sent, and its row alone knows.
DELETE FROM outbox
WHERE state = 'pending'
    AND attempts = 0
    AND accepted_at IS NULL
    -- These come of timers as well as of events, and of timers that are closed.
    AND kind <> 'reminder'
