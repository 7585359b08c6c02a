"""Critical dimensions of lines and holes: edges at sub-pixel level, roughness, diameters, each with its uncertainty."""
