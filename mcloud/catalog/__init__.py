"""What a cloud sells, as facts with source, date and mark."""
