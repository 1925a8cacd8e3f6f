SELECT court
FROM waitlist_courts
WHERE venue = $1
ORDER BY court
