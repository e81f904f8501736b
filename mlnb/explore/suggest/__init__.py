"""Code that mends a finding: on the frame, in a pipeline, on the table."""
