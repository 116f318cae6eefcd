-- Asked for each profile that no user of Zendesk has by address or external id.
CREATE INDEX remembered_pair_by_sid ON remembered_pair (sid);
