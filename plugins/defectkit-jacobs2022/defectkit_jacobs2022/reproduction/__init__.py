"""Reproduction: the studies of Jacobs et al. (2022) on a data set, and the tables and figures that come of them."""

from defectkit_jacobs2022.reproduction.artifacts import ARTIFACTS
from defectkit_jacobs2022.reproduction.effort import Effort, effort_for
from defectkit_jacobs2022.reproduction.plan import PLANS, LeftOut, Plan, plan_for
from defectkit_jacobs2022.reproduction.reproduce import Reproduction, reproduce

__all__ = ["ARTIFACTS", "PLANS", "Effort", "LeftOut", "Plan", "Reproduction", "effort_for", "plan_for", "reproduce"]
