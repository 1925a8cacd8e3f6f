SELECT pg_advisory_xact_lock(hashtextextended('courtside projection ' || $1, 0))
