"""Champion beside challenger on the same rows: both asked once, the difference with its interval and a verdict."""
