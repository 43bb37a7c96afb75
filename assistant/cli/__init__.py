"""The command line: every command, in the process that owns the project or through the one that does."""
