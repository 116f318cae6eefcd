"""The client of Zendesk Sell's API: contacts, leads, deals, users, the account's fields."""
