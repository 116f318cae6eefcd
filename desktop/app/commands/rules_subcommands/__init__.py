"""The subcommands of `fairlead rules`: configure, preview and run rules, a kind of sync."""
