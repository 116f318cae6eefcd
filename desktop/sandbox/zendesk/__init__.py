"""An imitation of Zendesk's Support API, written from docs/zendesk.md."""
