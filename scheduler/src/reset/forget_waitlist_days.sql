DELETE FROM waitlist_days
