"""SQLite: what people wanted and syncs did (`fairlead.db`), what services said (`mirror.db`)."""
