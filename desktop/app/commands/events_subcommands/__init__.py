"""The subcommands of `fairlead events`: check, match, map, simulate, deliver events for Zendesk."""
