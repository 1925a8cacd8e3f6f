SELECT venue, date AS "date: jiff_sqlx::Date"
FROM waitlist_days
ORDER BY date, venue
