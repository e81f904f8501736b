"""Runs read out of MLflow's store: found, sorted, a few columns of many, one with everything."""
