"""What is done to runs that are there: tags, pins, names, moves, trash, purge, and the room they take."""
