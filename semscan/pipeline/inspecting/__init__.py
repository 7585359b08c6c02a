"""Many images through an inspection: in processes of their own, resumed, followed."""
