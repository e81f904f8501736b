"""All rows counted: chunk by chunk, in threads, column by column, and what is read from the counts."""
