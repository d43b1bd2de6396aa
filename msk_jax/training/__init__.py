"""State, objective, optimiser, step, schedule, sharding, checkpoints, loop, prediction."""
