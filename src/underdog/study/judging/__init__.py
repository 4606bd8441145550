"""Judging outputs that exist: scores, whether they can be believed, and a threshold."""

from .judge import judge as judge
from .judgement import Judgement as Judgement
