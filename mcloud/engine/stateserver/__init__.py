"""Where the state is kept: a journal that the engine writes, folded into a state after each run."""
