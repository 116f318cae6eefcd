"""What `fairlead sync` can do, an act or a few related ones per file."""
