"""The team store on PostgreSQL: what the desks of one team share. It alone imports psycopg."""
