-- Guests are erased as people with an account are; `user_id` is a guest's id then.
ALTER TABLE erasures ADD COLUMN kind text NOT NULL DEFAULT 'user';
ALTER TABLE erasures ADD CONSTRAINT erasures_kind_check CHECK (kind IN ('user', 'guest'));
