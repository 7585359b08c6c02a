"""Statistical process control: figures of one inspection after the other, with control limits."""
