-- The demo's inbox alone: mail or SMS that was caught for the one who is being erased.
DELETE FROM inbox
WHERE lower(recipient) = lower($1)
