DELETE FROM rate_limits WHERE whole_at < clock_timestamp()
