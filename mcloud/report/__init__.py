"""One Report value, its makers (from a comparison, from a plan) and its renderer (a self-contained page)."""
