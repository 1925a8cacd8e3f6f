-- Nobody waits any more, unless there are newer news.
DELETE FROM waitlist_days
WHERE venue = $1
    AND date = $2
    AND position = $3
