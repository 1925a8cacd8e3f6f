-- The follower often hears of an end before the one who brought it about writes that here: who that was stands.
UPDATE timers
SET state = 'closed',
    closed_by = $2,
    closed_at = COALESCE(closed_at, $3)
WHERE timer_id = $1
    AND (state = 'armed' OR closed_by = 'event')
