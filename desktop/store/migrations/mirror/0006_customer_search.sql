-- Every ending of the names, addresses and phone digits of a customer: a part of one of them is
-- the beginning of an ending, so a range of this key finds it without reading every customer.
CREATE TABLE search_suffix (
    suffix TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'profile')),
    id TEXT NOT NULL,
    PRIMARY KEY (suffix, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_suffix_record ON search_suffix (kind, id);

CREATE TRIGGER cached_user_search_delete AFTER DELETE ON cached_user BEGIN
    DELETE FROM search_suffix WHERE kind = 'user' AND id = CAST(OLD.id AS TEXT);
END;
CREATE TRIGGER cached_profile_search_delete AFTER DELETE ON cached_profile BEGIN
    DELETE FROM search_suffix WHERE kind = 'profile' AND id = OLD.sid;
END;

-- Who is kept already; names with accents are found without them once they are read again.
INSERT OR IGNORE INTO search_suffix (suffix, kind, id)
WITH RECURSIVE
    text_of (kind, id, text) AS (
        SELECT 'user', CAST(id AS TEXT), name_folded FROM cached_user
        UNION SELECT 'user', CAST(user_id AS TEXT), address FROM user_address
            WHERE user_id IN (SELECT id FROM cached_user)
        UNION SELECT 'user', CAST(id AS TEXT),
            replace(replace(replace(replace(replace(replace(replace(
                phone, ' ', ''), '-', ''), '+', ''), '(', ''), ')', ''), '.', ''), '/', '')
            FROM cached_user WHERE phone <> ''
        UNION SELECT 'profile', sid, lower(email) FROM cached_profile WHERE email <> ''
    ),
    place (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < 120)
SELECT substr(t.text, p.n, 40), t.kind, t.id FROM text_of t JOIN place p
WHERE p.n <= length(t.text) AND substr(t.text, p.n, 1) <> ' ';
