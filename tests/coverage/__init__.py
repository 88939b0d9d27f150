"""How often intervals of densities and hardening hold the truth: simulated foils, and the table of the docs."""
