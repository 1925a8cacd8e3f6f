-- Takes people off every list, for ever.
INSERT INTO participants_erased (user_id)
SELECT unnest($1::uuid[])
ON CONFLICT ON CONSTRAINT participants_erased_pkey DO NOTHING
