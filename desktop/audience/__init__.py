"""The data workspace: reads all of Zendesk and the named Sailthru lists; segments, reports."""
