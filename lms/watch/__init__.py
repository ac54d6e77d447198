"""What an operator sees: request ids, logs without personal text, slow statements, metrics, readiness, traces."""
