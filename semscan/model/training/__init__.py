"""What fitting a network needs: batches, losses, callbacks."""
