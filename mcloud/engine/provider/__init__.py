"""The engine's provider ``pulumi-resource-mcloud``: neutral resources on whatever cloud their placement names."""
