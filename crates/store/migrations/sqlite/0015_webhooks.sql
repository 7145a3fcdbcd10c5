-- Where businesses are told of what happens. An empty address is none.
ALTER TABLE channel ADD COLUMN status_url TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN inbound_url TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE number ADD COLUMN status_url TEXT NOT NULL DEFAULT '';
ALTER TABLE number ADD COLUMN inbound_url TEXT NOT NULL DEFAULT '';
ALTER TABLE number ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
