-- Letters that are no accented ones are folded too since this version of kit.text.fold_text.
INSERT OR IGNORE INTO search_suffix (suffix, kind, id)
SELECT
    replace(replace(replace(replace(replace(replace(replace(replace(replace(
    suffix, 'ø', 'o'), 'ł', 'l'), 'đ', 'd'),
    'ð', 'd'), 'ħ', 'h'), 'ı', 'i'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), kind, id
FROM search_suffix WHERE suffix GLOB '*[øłđðħıæœþ]*';
-- The second letter that one becomes begins an ending of its own.
INSERT OR IGNORE INTO search_suffix (suffix, kind, id)
SELECT CASE substr(suffix, 1, 1) WHEN 'þ' THEN 'h' ELSE 'e' END ||
    replace(replace(replace(replace(replace(replace(replace(replace(replace(
    substr(suffix, 2), 'ø', 'o'), 'ł', 'l'), 'đ', 'd'),
    'ð', 'd'), 'ħ', 'h'), 'ı', 'i'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), kind, id
FROM search_suffix WHERE suffix GLOB '[æœþ]*';
DELETE FROM search_suffix WHERE suffix GLOB '*[øłđðħıæœþ]*';
