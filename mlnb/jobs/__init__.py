"""Stage 8, the glue: notebooks that run without you, with a record of every run and its executed copy."""
