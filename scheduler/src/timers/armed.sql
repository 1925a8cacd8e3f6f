SELECT
    kind,
    count(*) AS "armed!"
FROM timers
WHERE state = 'armed'
GROUP BY kind
