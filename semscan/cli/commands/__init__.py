"""The commands, one module each; a module is loaded only when its command is used."""
