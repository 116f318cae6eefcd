"""The client of Zendesk's Support API: OAuth, users, tickets, bulk jobs, incremental exports."""
