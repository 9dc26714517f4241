"""Looking through an account: the calls that are made, and what their answers mean."""
