"""View-models of the Reports page: tiles, charts as data, tables, the chosen period."""
