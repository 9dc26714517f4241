"""What a cloud must provide, and what it gets for doing so."""
