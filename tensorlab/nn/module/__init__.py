"""`Module`, with its parameters, hooks, containers, state dicts and summaries."""
