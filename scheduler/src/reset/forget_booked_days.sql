DELETE FROM booked_days
