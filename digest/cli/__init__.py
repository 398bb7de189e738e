"""The command line: options and output of each command."""
