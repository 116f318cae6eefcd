"""People of the sandbox: fixture people from data files, generated people from a seed."""
