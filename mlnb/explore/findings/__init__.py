"""What is wrong with a table, in short sentences, the gravest first."""
