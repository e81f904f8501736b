"""The command line ``mlnb``: one command calls one method of the workspace and formats its result."""
