-- Further addresses of the users of the feed, as Sailthru's exports carry addresses: md5.
CREATE TABLE feed_user_address (
    user_id INTEGER NOT NULL,
    email_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, email_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_user_address_hash ON feed_user_address (email_hash);
CREATE TRIGGER feed_user_address_delete AFTER DELETE ON feed_user BEGIN
    DELETE FROM feed_user_address WHERE user_id = OLD.id;
END;
-- What was read before is read once more: a user that is kept already is no change of the feed.
UPDATE feed SET cursor = '', whole_from = NULL WHERE name = 'zendesk users';
