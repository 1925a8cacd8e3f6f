-- Court-days that are over everywhere.
DELETE FROM booked_days
WHERE (court, date) IN (
    SELECT court, date
    FROM booked_days
    WHERE date <= $1
    ORDER BY date
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
