"""Values of the fab: places on wafers, numbers of classes."""
