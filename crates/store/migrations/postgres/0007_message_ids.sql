-- Messages are found by their ids, so that they can be taken back.
CREATE INDEX entry_by_message ON entry (app, stream, message_id) WHERE kind IS NOT NULL;
