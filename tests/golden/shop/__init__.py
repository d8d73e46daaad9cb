"""What a shop's own code adds to Spark: its classes stand in saves by their Python names."""
