"""Which pixels the decisions of a review are about."""
