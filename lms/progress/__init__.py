"""Progress: evidence, rules, completion, roll-ups, hours of learning, and why."""
