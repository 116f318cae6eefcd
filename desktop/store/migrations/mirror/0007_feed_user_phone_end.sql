-- The last seven digits find a number with and without its country code or trunk zero
-- (model/match_keys.MIN_PHONE_DIGITS); the whole number found nobody by them.
DROP INDEX feed_user_phone;
CREATE INDEX feed_user_phone_end ON feed_user (substr(phone, -7)) WHERE phone <> '';
-- Users are found by every spelling of an international domain: where there is one, all are read
-- once more. A user that is kept already is no change of the feed.
UPDATE feed SET cursor = '', whole_from = NULL WHERE name = 'zendesk users' AND EXISTS
    (SELECT 1 FROM feed_user WHERE email GLOB '*[^ -~]*' OR body GLOB '*@*xn--*');
