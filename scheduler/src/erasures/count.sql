SELECT count(*) AS "count!"
FROM erasures
WHERE NOT finished
