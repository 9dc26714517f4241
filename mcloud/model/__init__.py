"""The model: what a stack is, and the graph of resources that it becomes. It does no I/O."""
