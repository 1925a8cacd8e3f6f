-- For the connection that appends, and no other.
-- Whatever the database's default is, append_events() needs this.
SET default_transaction_isolation = 'read committed';
-- A call that hangs gives up on the server too, before its client stops waiting (CALL_PATIENCE).
SET statement_timeout = '5s';
