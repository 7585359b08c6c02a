"""What a network attends to, and whether that matters for its score; the steps of a comparison."""
