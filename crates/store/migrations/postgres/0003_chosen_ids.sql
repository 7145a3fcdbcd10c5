-- A message whose sender chose its id stands once in its stream, however often it is sent. Ids that the server draws are
-- not indexed, nor are those stored before: they may stand twice.
ALTER TABLE entry ADD COLUMN chosen boolean;      -- true of a message whose sender chose its id
CREATE UNIQUE INDEX entry_by_chosen_id ON entry (app, stream, message_id) WHERE chosen;
