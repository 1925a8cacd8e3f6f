-- "Is this court free then" asks by court and range together: one GiST index over both needs btree_gist.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
