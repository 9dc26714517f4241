"""From a stack and a placement to a plan of the move: sizes, cost on both sides, data, order, gaps."""
