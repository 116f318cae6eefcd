"""The client of Sailthru's REST API: signing, users, lists, jobs, exports."""
