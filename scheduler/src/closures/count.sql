SELECT count(*) AS "count!"
FROM closure_news
