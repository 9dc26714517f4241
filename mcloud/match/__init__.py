"""From a need to what a cloud sells: pure, deterministic, with a reason for each loser."""
