"""What differs between runs: two of them in every detail, many of them side by side."""
