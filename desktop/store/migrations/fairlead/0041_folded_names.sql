-- Letters that are no accented ones are folded too since this version of kit.text.fold_text.
UPDATE plan_row SET name_folded =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(
    name_folded, 'ø', 'o'), 'ł', 'l'), 'đ', 'd'),
    'ð', 'd'), 'ħ', 'h'), 'ı', 'i'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
WHERE name_folded GLOB '*[øłđðħıæœþ]*';
