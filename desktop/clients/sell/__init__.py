"""The client of Zendesk Sell's API: Core records, the Sync API's changes, the account's fields."""
