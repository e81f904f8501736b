"""The demo: 336,776 real flights from raw files to a monitored endpoint and a retraining decision."""
