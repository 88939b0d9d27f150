"""Files: what is written is there whole or not at all; what a file says is taken apart once, within bounds."""
