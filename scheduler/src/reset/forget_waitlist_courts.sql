DELETE FROM waitlist_courts
