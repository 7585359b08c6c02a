"""The story: joins the rooms, one page for each command."""
