"""What every layer is made of: `Module`, its parameters, hooks, containers, state dicts and summaries."""
