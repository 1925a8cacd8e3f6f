SELECT booking AS "booking!"
FROM timers
WHERE state = 'armed'
    AND kind = 'hold'
    AND booking IS NOT NULL
    AND due_at > $1
ORDER BY due_at
