DELETE FROM erasures
