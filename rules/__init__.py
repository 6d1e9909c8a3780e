"""What is to be done: matching, decisions, business time, lifecycles. Pure: same input, same output."""
