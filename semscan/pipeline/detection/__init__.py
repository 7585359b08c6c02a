"""What a method finds of defects whose place is known: painted ones and real ones."""
