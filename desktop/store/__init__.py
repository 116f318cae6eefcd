"""SQLite: what people wanted (`fairlead.db`) and what the services said (`mirror.db`)."""
