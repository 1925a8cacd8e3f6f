-- Unless there are newer news.
DELETE FROM lease_news
WHERE booking = $1
    AND position = $2
