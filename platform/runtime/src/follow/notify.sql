SELECT pg_notify('courtside_read', $1)
