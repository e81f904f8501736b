"""Stage 6, register: versions and aliases in MLflow, and around them requests, approvals, gates and the activity feed."""
