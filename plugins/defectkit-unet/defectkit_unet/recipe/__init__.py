"""Recipe: what the network that ships learned from, and how; one command makes it again."""
