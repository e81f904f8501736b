"""One model on rows with a known answer: metrics, slices, explanations, and MLflow's own evaluator on the same predictions."""
