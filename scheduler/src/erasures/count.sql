SELECT count(*) AS "count!"
FROM erasures
