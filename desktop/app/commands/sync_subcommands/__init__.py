"""The subcommands of `fairlead sync`: configure, plan, run, schedule, notify, history, export."""
