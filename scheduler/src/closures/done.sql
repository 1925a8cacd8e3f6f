-- Unless there are newer news.
DELETE FROM closure_news
WHERE court = $1
    AND date = $2
    AND position = $3
