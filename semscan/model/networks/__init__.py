"""The networks: the attention-guided autoencoder and the attention CNN."""
