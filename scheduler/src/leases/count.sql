SELECT count(*) AS "count!"
FROM lease_news
