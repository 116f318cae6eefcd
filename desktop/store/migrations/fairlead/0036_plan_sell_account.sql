-- The account of Zendesk Sell whose records a plan names; NULL where its sync has none of Sell.
ALTER TABLE plan ADD COLUMN sell_account INTEGER;
UPDATE plan SET sell_account = (SELECT id FROM sell_account)
    WHERE service = 'sell' OR json_extract(sync_body, '$.source.kind') LIKE 'sell%';
