"""An imitation of Zendesk Sell's API (Core, Sync, Search), written from docs/zendesk-sell.md."""
