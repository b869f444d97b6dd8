"""The command line: one file per command, each read only when it is called."""
