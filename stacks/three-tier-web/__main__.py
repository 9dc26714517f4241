"""What ``pulumi up`` runs."""

from three_tier import program

program()
