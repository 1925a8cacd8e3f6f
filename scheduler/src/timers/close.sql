UPDATE timers
SET state = 'closed'
WHERE timer_id = $1
    AND state = 'armed'
