"""Reproduction: the studies of Jacobs et al. (2022) on a data set, and the tables and figures that come of them."""

from defectkit.reproduction.artifacts import ARTIFACTS
from defectkit.reproduction.effort import Effort, effort_for
from defectkit.reproduction.plan import PLANS, Plan, plan_for
from defectkit.reproduction.reproduce import Reproduction, reproduce

__all__ = ["ARTIFACTS", "PLANS", "Effort", "Plan", "Reproduction", "effort_for", "plan_for", "reproduce"]
