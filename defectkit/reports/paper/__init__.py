"""Paper: the tables and figures of Jacobs et al. (2022), doi 10.1016/j.xcrp.2022.100876, made from studies."""
