SELECT count(*) AS "count!"
FROM waitlist_days
