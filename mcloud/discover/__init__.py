"""From what runs today to a stack, with everything that did not fit listed beside it."""
